/* The clip: it starts before the hit and plays a little faster; the words follow it and lead to any place in it. */
import { onWish, setWish, toggleWish, wants } from "./care.js";
import { text } from "./page.js";
import { drawStrip, fetchAhead } from "./strip.js";

const RATES = [1, 1.25, 1.5, 2];
const AT_REST_MS = 4000;
/* Words that stood for one key frame are shown long enough to be seen. */
const SEEN_MS = 2000;
let rate = 1.25;
let muted = wants("muted");
let zoom = 1;
let looping = false;
const ZOOMS = [1, 1.6, 2.4];
const FRAME_S = 1 / 25;
const LOOP_MARGIN_S = 0.4;
let player = null;
let scrolledAt = -Infinity;

function video() {
  return player && player.video;
}
function colours() {
  const style = getComputedStyle(document.documentElement);
  return { waveColor: style.getPropertyValue("--wave").trim(), progressColor: style.getPropertyValue("--played").trim() };
}
function drop() {
  if (!player) return;
  if (player.wave) player.wave.destroy();
  player.video.pause();
  player = null;
}
export function mount() {
  const element = document.querySelector("#player video");
  if (player && player.video === element) return;
  const playOn = Boolean(player) && player.playing;
  drop();
  if (!element) return;
  // It stands at the hit, with its box; playing begins a little before.
  player = { video: element, wave: null, playing: false, fresh: !playOn };
  const hitAt = Number(element.dataset.hitStartMs) / 1000;
  const start = () => {
    element.currentTime = playOn ? Number(element.dataset.playFromMs) / 1000 : Math.min(hitAt + 0.05, element.duration);
    element.playbackRate = rate;
    placeBoxes(element);
    if (playOn) play();
  };
  if (element.readyState >= 1) start();
  else element.addEventListener("loadedmetadata", start, { once: true });
  element.addEventListener("play", () => showPlaying(element, true));
  element.addEventListener("pause", () => showPlaying(element, false));
  element.addEventListener("timeupdate", () => showNow(element));
  element.addEventListener("click", toggle);
  zoom = 1;
  setLoop(false);
  showRate();
  setMuted(muted);
  drawWave(player);
  element.addEventListener("canplaythrough", () => {
    drawStrip(element);
    fetchAhead();
  }, { once: true });
}
async function drawWave(mounted) {
  let known = { duration_ms: 0, peaks: [] };
  try {
    const answer = await fetch(mounted.video.dataset.peaks);
    if (answer.ok) known = await answer.json();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  const box = document.querySelector("#player .wave");
  if (mounted !== player || !box) return;
  const { duration_ms: durationMs, peaks } = known;
  box.querySelector(".no-wave").hidden = peaks.length > 0;
  if (!peaks.length) {
    mounted.video.controls = true;
    return;
  }
  mounted.wave = WaveSurfer.create({
    ...colours(),
    container: box.querySelector(".wave-canvas"),
    media: mounted.video,
    peaks: [peaks],
    duration: durationMs / 1000,
    height: 40,
    normalize: true,
    barWidth: 2,
    barGap: 1,
    cursorColor: colours().progressColor,
    cspNonce: document.documentElement.dataset.styleNonce,
  });
  const hit = box.querySelector(".hit");
  const [first, last] = [mounted.video.dataset.hitStartMs, mounted.video.dataset.hitEndMs].map(Number);
  hit.style.left = `${(100 * first) / durationMs}%`;
  hit.style.width = `${(100 * (Math.min(last, durationMs) - first)) / durationMs}%`;
  hit.hidden = false;
}
/* Boxes of the hit's words on the picture, which stands letterboxed in its element; each while its words stood. */
function placeBoxes(element) {
  if (!element.videoWidth) return;
  const scale = Math.min(element.clientWidth / element.videoWidth, element.clientHeight / element.videoHeight);
  const [padX, padY] = [
    (element.clientWidth - element.videoWidth * scale) / 2,
    (element.clientHeight - element.videoHeight * scale) / 2,
  ];
  for (const box of document.querySelectorAll("#player .box")) {
    box.style.left = `${padX + Number(box.dataset.left) * scale}px`;
    box.style.top = `${padY + Number(box.dataset.top) * scale}px`;
    box.style.width = `${Number(box.dataset.width) * scale}px`;
    box.style.height = `${Number(box.dataset.height) * scale}px`;
  }
  showBoxes(element);
}
function showBoxes(element) {
  const atMs = element.currentTime * 1000;
  for (const box of document.querySelectorAll("#player .box")) {
    box.hidden = atMs < Number(box.dataset.fromMs) || atMs >= Math.max(Number(box.dataset.untilMs), Number(box.dataset.fromMs) + SEEN_MS);
  }
}

export async function play() {
  if (!video()) return;
  if (player.fresh) toHit();
  try {
    await video().play();
  } catch (error) {
    if (!["NotAllowedError", "AbortError"].includes(error.name)) throw error;
  }
}
export function pauseClip() {
  if (video()) video().pause();
}
export function toggle() {
  if (!video()) return;
  if (video().paused) play();
  else video().pause();
}
export function seek(seconds) {
  if (video()) video().currentTime = Math.max(0, Math.min(seconds, video().duration || 0));
}
export function seekBy(seconds) {
  if (player) player.fresh = false;
  if (video()) seek(video().currentTime + seconds);
}
export function stepFrame(by) {
  if (!video()) return;
  video().pause();
  seekBy(by * FRAME_S);
}
export function toggleLoop() {
  setLoop(!looping);
  if (!looping || !video()) return;
  player.fresh = false;
  seek(loopFrom());
  play();
}
function setLoop(wanted) {
  looping = wanted;
  document.querySelector('[data-act="loop"]')?.setAttribute("aria-pressed", String(wanted));
}
function loopFrom() {
  return Math.max(0, Number(video().dataset.hitStartMs) / 1000 - LOOP_MARGIN_S);
}
/* Larger around the words on the picture, or its middle. */
export function nextZoom(by = 1) {
  if (!video()) return;
  const at = ZOOMS.indexOf(zoom);
  zoom = by === 0 ? ZOOMS[(at + 1) % ZOOMS.length] : ZOOMS[Math.max(0, Math.min(ZOOMS.length - 1, at + by))];
  const picture = document.querySelector("#player .picture");
  const box = picture.querySelector(".box:not([hidden])");
  const [x, y] = box ? [box.offsetLeft + box.offsetWidth / 2, box.offsetTop + box.offsetHeight / 2] : ["50%", "50%"];
  picture.style.transformOrigin = box ? `${x}px ${y}px` : `${x} ${y}`;
  picture.style.transform = zoom === 1 ? "" : `scale(${zoom})`;
}
export function toHit() {
  if (player) player.fresh = false;
  if (video()) seek(Number(video().dataset.playFromMs) / 1000);
}
export function nextRate() {
  rate = RATES[(RATES.indexOf(rate) + 1) % RATES.length];
  if (video()) video().playbackRate = rate;
  showRate();
}
export function toggleMuted() {
  setWish("muted", !muted);
}
onWish((what, on) => what === "muted" && setMuted(on));
export function toggleFull() {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (video()) video().requestFullscreen();
}
function setMuted(wanted) {
  muted = wanted;
  if (!video()) return;
  video().muted = muted;
  document.querySelector('[data-act="mute"]').setAttribute("aria-pressed", String(muted));
}
function showRate() {
  const button = document.querySelector('[data-act="speed"]');
  if (button) button.firstElementChild.textContent = `${rate}×`;
}
function showPlaying(element, playing) {
  if (!player || player.video !== element || !element.isConnected) return;
  player.playing = playing;
  document.querySelector('[data-act="play"] span').textContent = text(playing ? "pause" : "play");
}
function clock(seconds) {
  const [hours, minutes, rest] = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) => String(Math.floor(part)).padStart(2, "0"));
  return seconds < 3600 ? `${minutes}:${rest}` : `${Number(hours)}:${minutes}:${rest}`;
}
function showNow(element) {
  if (!element.isConnected) return;
  const atMs = element.currentTime * 1000;
  if (looping && atMs > Number(element.dataset.hitEndMs) + LOOP_MARGIN_S * 1000) seek(loopFrom());
  document.querySelector("#player .time").textContent = `${clock(element.currentTime)} / ${clock(element.duration || 0)}`;
  showBoxes(element);
  showWord(atMs);
  for (const line of document.querySelectorAll("#context .said[data-start-ms]")) {
    const now = atMs >= Number(line.dataset.startMs) && atMs < Number(line.dataset.endMs);
    if (now && !line.classList.contains("now") && !element.paused) follow(line);
    line.classList.toggle("now", now);
  }
}
function timesOf(word) {
  return word.dataset.w.split(" ").map(Number);
}
function showWord(atMs) {
  for (const word of document.querySelectorAll("#context [data-w]")) {
    const [first, last] = timesOf(word);
    word.classList.toggle("saying", atMs >= first && atMs < last);
  }
}
function scrollTo(line) {
  const box = document.getElementById("context-scroll");
  box.scrollTop = line.offsetTop - (box.clientHeight - line.offsetHeight) / 2;
}
/* The words follow the clip, but not while somebody is reading elsewhere in them. */
function follow(line) {
  if (performance.now() - scrolledAt > AT_REST_MS) scrollTo(line);
}
export function centreQuote() {
  const own = document.querySelector("#context-scroll .own");
  if (own) scrollTo(own);
}
export function seekLine(button) {
  if (player) player.fresh = false;
  seek(Number(button.closest("[data-start-ms]").dataset.startMs) / 1000);
}
/* A word leads to its own time; where that is not known, its place in the passage stands for the place in its time. */
function seekWord(event) {
  const line = event.target.closest("#context .said");
  const words = event.target.closest("#context .said p");
  if (!words || !video() || line.querySelector("button:disabled") || !getSelection().isCollapsed) return;
  player.fresh = false;
  const word = event.target.closest("[data-w]");
  if (word) return seek(timesOf(word)[0] / 1000);
  const caret = document.caretRangeFromPoint(event.clientX, event.clientY);
  if (!caret || !words.contains(caret.startContainer)) return;
  const before = document.createRange();
  before.setStart(words, 0);
  before.setEnd(caret.startContainer, caret.startOffset);
  const share = before.toString().length / Math.max(1, words.textContent.length);
  const [first, last] = [Number(line.dataset.startMs), Number(line.dataset.endMs)];
  seek((first + share * (last - first)) / 1000);
}

export const playerKeys = {
  h: toHit,
  l: toggle,
  s: nextRate,
  m: toggleMuted,
  f: toggleFull,
  " ": toggle,
  o: toggleLoop,
  ",": () => stepFrame(-1),
  ".": () => stepFrame(1),
  "+": () => nextZoom(1),
  "=": () => nextZoom(1),
  "-": () => nextZoom(-1),
  b: () => toggleWish("blur"),
  y: () => toggleWish("grey"),
  ArrowLeft: () => seekBy(-2),
  ArrowRight: () => seekBy(2),
};
export const playerActs = {
  play: toggle,
  hit: toHit,
  speed: nextRate,
  mute: toggleMuted,
  full: toggleFull,
  loop: toggleLoop,
  zoom: () => nextZoom(0),
  "frame-back": () => stepFrame(-1),
  "frame-on": () => stepFrame(1),
  seek: seekLine,
};
document.addEventListener("click", seekWord);
document.addEventListener("click", (event) => {
  const frame = event.target.closest("#player .strip canvas");
  if (!frame) return;
  player.fresh = false;
  seek(Number(frame.dataset.second));
});
document.addEventListener("wheel", (event) => {
  if (event.target.closest("#context-scroll")) scrolledAt = performance.now();
}, { passive: true });
addEventListener("resize", () => video() && placeBoxes(video()));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  if (player && player.wave) player.wave.setOptions({ ...colours(), cursorColor: colours().progressColor });
});
document.body.addEventListener("htmx:load", (event) => {
  if (event.detail.elt.matches(".watch")) centreQuote();
  mount();
});
centreQuote();
mount();
