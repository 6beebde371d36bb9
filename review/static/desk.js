/* The desk in the browser: selection, keys, clip and waveform. Lists and cards are the server's, swapped in by htmx. */
"use strict";
(() => {
  const RATES = [1, 1.25, 1.5, 2];
  const queueBox = document.getElementById("queue-scroll");
  let selected = queueBox.dataset.selected;
  let rate = 1;
  let muted = false;
  let player = null;
  let known = new Set(rows().map((row) => row.id));
  let anchor = null;

  function rows() {
    return [...document.querySelectorAll("#queue .row")];
  }
  function video() {
    return player && player.video;
  }
  function rowOf(findingId) {
    return document.getElementById(`row-${findingId}`);
  }

  function showSelection() {
    for (const row of rows()) row.setAttribute("aria-selected", String(row.dataset.finding === selected));
    const row = rowOf(selected);
    if (row) queueBox.setAttribute("aria-activedescendant", row.id);
    else queueBox.removeAttribute("aria-activedescendant");
  }
  function step(by) {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.dataset.finding === selected);
    const next = all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)];
    if (next.dataset.finding === selected) return;
    next.click();
    next.scrollIntoView({ block: "nearest" });
  }

  /* A swap rebuilds the rows: the one at the top of the view goes back to where it stood. */
  function rememberPlace() {
    const top = queueBox.getBoundingClientRect().top;
    const row = queueBox.scrollTop > 0 && rows().find((each) => each.getBoundingClientRect().bottom > top);
    anchor = row ? { id: row.id, top: row.getBoundingClientRect().top } : null;
  }
  function restorePlace() {
    const row = anchor && document.getElementById(anchor.id);
    if (row) queueBox.scrollTop += row.getBoundingClientRect().top - anchor.top;
  }
  function showFresh() {
    for (const row of rows()) if (!known.has(row.id)) row.classList.add("fresh");
    known = new Set(rows().map((row) => row.id));
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
  function centreQuote() {
    const box = document.getElementById("context-scroll");
    const own = box && box.querySelector(".own");
    if (own) box.scrollTop = own.offsetTop - (box.clientHeight - own.offsetHeight) / 2;
  }
  function mount() {
    const element = document.querySelector("#player video");
    if (player && player.video === element) return;
    const playOn = Boolean(player) && player.playing;
    drop();
    if (!element) return;
    player = { video: element, wave: null, playing: false };
    const from = Number(element.dataset.playFromMs) / 1000;
    const start = () => {
      element.currentTime = from;
      element.playbackRate = rate;
      if (playOn) play();
    };
    if (element.readyState >= 1) start();
    else element.addEventListener("loadedmetadata", start, { once: true });
    element.addEventListener("play", () => showPlaying(element, true));
    element.addEventListener("pause", () => showPlaying(element, false));
    element.addEventListener("timeupdate", () => showNow(element));
    element.addEventListener("click", toggle);
    showRate();
    setMuted(muted);
    drawWave(player);
  }
  async function drawWave(mounted) {
    const answer = await fetch(mounted.video.dataset.peaks);
    const box = document.querySelector("#player .wave");
    if (mounted !== player || !box) return;
    const { duration_ms: durationMs, peaks } = answer.ok ? await answer.json() : { duration_ms: 0, peaks: [] };
    if (mounted !== player) return;
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
      height: 52,
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

  async function play() {
    try {
      await video().play();
    } catch (error) {
      if (!["NotAllowedError", "AbortError"].includes(error.name)) throw error;
    }
  }
  function toggle() {
    if (!video()) return;
    if (video().paused) play();
    else video().pause();
  }
  function seek(seconds) {
    if (video()) video().currentTime = Math.max(0, Math.min(seconds, video().duration || 0));
  }
  function toHit() {
    if (video()) seek(Number(video().dataset.playFromMs) / 1000);
  }
  function nextRate() {
    rate = RATES[(RATES.indexOf(rate) + 1) % RATES.length];
    if (video()) video().playbackRate = rate;
    showRate();
  }
  function showRate() {
    const button = document.querySelector('[data-act="speed"]');
    if (button) button.textContent = `${rate}×`;
  }
  function showPlaying(element, playing) {
    if (!player || player.video !== element || !element.isConnected) return;
    player.playing = playing;
    document.querySelector('[data-act="play"]').textContent = playing ? "暂停" : "播放";
  }
  function setMuted(wanted) {
    muted = wanted;
    if (!video()) return;
    video().muted = muted;
    document.querySelector('[data-act="mute"]').setAttribute("aria-pressed", String(muted));
  }
  function toggleFull() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (video()) video().requestFullscreen();
  }
  function clock(seconds) {
    return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  }
  function showNow(element) {
    if (!element.isConnected) return;
    const atMs = element.currentTime * 1000;
    document.querySelector("#player .time").textContent = `${clock(element.currentTime)} / ${clock(element.duration || 0)}`;
    for (const line of document.querySelectorAll("#context .said[data-start-ms]")) {
      line.classList.toggle("now", atMs >= Number(line.dataset.startMs) && atMs < Number(line.dataset.endMs));
    }
  }

  const keys = {
    j: () => step(1),
    k: () => step(-1),
    h: toHit,
    s: nextRate,
    m: () => setMuted(!muted),
    f: toggleFull,
    " ": toggle,
    ArrowLeft: () => video() && seek(video().currentTime - 2),
    ArrowRight: () => video() && seek(video().currentTime + 2),
  };
  document.addEventListener(
    "keydown",
    (event) => {
      const act = keys[event.key];
      if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest("input, select, textarea, button") && event.key === " ") return;
      if (event.target.closest("input, select, textarea")) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    },
    true,
  );
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (button) {
      const toLine = () => seek(Number(button.closest(".said").dataset.startMs) / 1000);
      const acts = { play: toggle, hit: toHit, speed: nextRate, mute: keys.m, full: toggleFull, seek: toLine };
      acts[button.dataset.act]();
    }
    const row = event.target.closest("#queue .row");
    if (row && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      selected = row.dataset.finding;
      showSelection();
    }
  });
  document.querySelector(".pick select").addEventListener("change", (event) => event.target.form.submit());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    if (player && player.wave) player.wave.setOptions({ ...colours(), cursorColor: colours().progressColor });
  });

  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id === "queue") rememberPlace();
  });
  document.body.addEventListener("htmx:load", (event) => {
    if (event.detail.elt.id === "queue") {
      restorePlace();
      showFresh();
      showSelection();
    }
    if (event.detail.elt.matches(".watch")) centreQuote();
    mount();
  });
  const offline = document.getElementById("offline");
  for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.body.addEventListener(name, () => (offline.hidden = false));
  }
  document.body.addEventListener("htmx:afterOnLoad", () => (offline.hidden = true));

  showSelection();
  centreQuote();
  mount();
  const row = rowOf(selected);
  if (row) row.scrollIntoView({ block: "nearest" });
})();
