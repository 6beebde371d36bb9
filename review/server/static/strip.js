/* Frames of the clip in a row under it, and the clip of the case that comes next fetched ahead: both when there is time. */
const FRAMES = 8;
const WIDE = 96;
const fetched = new Set();

function once(target, name) {
  return new Promise((resolve, reject) => {
    target.addEventListener(name, resolve, { once: true });
    target.addEventListener("error", reject, { once: true });
  });
}
/* Draws into the strip as long as it stands; a clip that can't be read leaves it empty. */
export async function drawStrip(video) {
  const strip = document.querySelector("#player .strip");
  if (!strip || !strip.checkVisibility()) return;
  const reader = document.createElement("video");
  reader.muted = true;
  reader.preload = "auto";
  reader.src = video.currentSrc || video.src;
  try {
    await once(reader, "loadeddata");
    for (let at = 0; at < FRAMES && strip.isConnected; at += 1) {
      const second = (reader.duration * (at + 0.5)) / FRAMES;
      reader.currentTime = second;
      await once(reader, "seeked");
      const canvas = document.createElement("canvas");
      canvas.width = WIDE;
      canvas.height = Math.round((WIDE * reader.videoHeight) / reader.videoWidth);
      canvas.getContext("2d").drawImage(reader, 0, 0, canvas.width, canvas.height);
      canvas.dataset.second = String(second);
      strip.append(canvas);
    }
  } catch (event) {
    if (!(event instanceof Event)) throw event;
  } finally {
    reader.removeAttribute("src");
    reader.load();
  }
}
export async function fetchAhead() {
  const row = document.querySelector('#queue .row[aria-current="true"]')?.closest("li")?.nextElementSibling?.querySelector(".row");
  const id = row?.dataset.finding;
  if (!id || fetched.has(id)) return;
  fetched.add(id);
  try {
    await (await fetch(`/clips/${encodeURIComponent(id)}.mp4`, { priority: "low" })).arrayBuffer();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}
