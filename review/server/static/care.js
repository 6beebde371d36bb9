/* Care for people: the picture blurred or grey, the sound off, a word on a break, and being told; each as one wants it. */
import { announce, text } from "./page.js";

const KEPT = "zhenyan.care";
const BREAK_MS = 50 * 60_000;
const IDLE_MS = 5 * 60_000;
const STANDS = { blur: false, grey: false, muted: true, rest: true, tell: false };
const wanted = { ...STANDS, ...JSON.parse(localStorage.getItem(KEPT) || "{}") };
const listeners = [];
let since = Date.now();
let acted = Date.now();
let told = null;

export function wants(what) {
  return wanted[what];
}
export function onWish(act) {
  listeners.push(act);
}
export function setWish(what, on) {
  wanted[what] = on;
  localStorage.setItem(KEPT, JSON.stringify(wanted));
  show();
  for (const act of listeners) act(what, on);
}
export function toggleWish(what) {
  setWish(what, !wanted[what]);
  announce(text(wanted[what] ? "wish_on" : "wish_off", document.querySelector(`[data-wish="${what}"]`).parentElement.textContent.trim()));
}
function show() {
  document.documentElement.classList.toggle("blurred", wanted.blur);
  document.documentElement.classList.toggle("grey", wanted.grey);
  for (const box of document.querySelectorAll("[data-wish]")) box.checked = wanted[box.dataset.wish];
}
document.addEventListener("change", async (event) => {
  const box = event.target.closest("[data-wish]");
  if (!box) return;
  if (box.dataset.wish === "tell" && box.checked && (await Notification.requestPermission()) !== "granted") box.checked = false;
  setWish(box.dataset.wish, box.checked);
});
for (const kind of ["keydown", "pointerdown"]) {
  addEventListener(kind, () => {
    if (Date.now() - acted > IDLE_MS) since = Date.now();
    acted = Date.now();
  }, true);
}
/* After so long without a pause; a pause by itself begins the time anew. */
setInterval(() => {
  if (!wanted.rest || Date.now() - since < BREAK_MS || Date.now() - acted > IDLE_MS) return;
  document.getElementById("rest").hidden = false;
}, 5000);
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-rest]")) return;
  since = Date.now();
  document.getElementById("rest").hidden = true;
  if (event.target.closest('[data-rest="off"]')) setWish("rest", false);
});
/* The number in the tab, and a word from the desktop once more of what presses waits than when it was last told. */
export function tellWaiting() {
  const { waiting, pressing } = document.getElementById("queue").dataset;
  const title = document.title.replace(/^\(\d+\+?\) /, "");
  document.title = waiting === "0" ? title : `(${waiting}) ${title}`;
  const now = Number(pressing);
  if (told !== null && now > told && wanted.tell && document.hidden && Notification.permission === "granted") {
    new Notification(title, { body: text("pressing", now), tag: "zhenyan", icon: "/static/icon.svg" });
  }
  told = now;
}
show();
