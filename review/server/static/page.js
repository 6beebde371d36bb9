/* What every page of the desk shares: its words, its list, its keys, and how it sends. */
const texts = JSON.parse(document.body.dataset.texts);
const list = document.getElementById("queue-scroll");
let selected = list.dataset.selected;
let known = new Set(rows().map((row) => row.id));
let anchor = null;

export function text(key, ...values) {
  return texts[key].replace(/\{(\d)\}/g, (_, at) => values[Number(at)]);
}
export function knownText(key, otherwise) {
  return key in texts ? texts[key] : otherwise;
}
export function announce(message) {
  document.getElementById("live").textContent = message;
}
/* Sends JSON with the session's token; the answer's body is in `json`, or null where there is none. */
export async function post(url, body, more = {}) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": document.body.dataset.csrf },
    body: body === undefined ? undefined : JSON.stringify(body),
    ...more,
  });
  const isJson = (answer.headers.get("content-type") || "").includes("json");
  return { status: answer.status, ok: answer.ok, json: isJson ? await answer.json() : null, answer };
}

export function rows() {
  return [...document.querySelectorAll("#queue .row")];
}
export function current() {
  return selected;
}
export function rowOf(id) {
  return document.getElementById(`row-${id}`);
}
export function showSelection() {
  for (const row of rows()) {
    if (row.dataset.id === selected) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}
export function select(id) {
  selected = id;
  showSelection();
}
/* On a narrow screen the list and the case are two screens. */
const screens = document.getElementById("main");
export function showCase(shown) {
  screens.classList.toggle("on-case", shown);
}
export function isCaseShown() {
  return document.getElementById("detail").checkVisibility();
}
export function open(id) {
  const row = rowOf(id);
  if (!row) return;
  row.click();
  row.scrollIntoView({ block: "nearest" });
}
/* The id of the row so many places on, those that others hold left out; null where the list ends. */
export function beside(by) {
  const all = rows().filter((row) => row.dataset.id === selected || !row.classList.contains("held"));
  const at = all.findIndex((row) => row.dataset.id === selected);
  const row = at < 0 ? all[0] : all[at + by];
  return row ? row.dataset.id : null;
}
export function step(by) {
  const next = beside(by);
  if (next !== null) open(next);
}

/* A swap rebuilds the rows: the one at the top of the view goes back to where it stood. */
function rememberPlace() {
  const top = list.getBoundingClientRect().top;
  const row = list.scrollTop > 0 && rows().find((each) => each.getBoundingClientRect().bottom > top);
  anchor = row ? { id: row.id, top: row.getBoundingClientRect().top } : null;
}
function restorePlace() {
  const row = anchor && document.getElementById(anchor.id);
  if (row) list.scrollTop += row.getBoundingClientRect().top - anchor.top;
  for (const each of rows()) if (!known.has(each.id)) each.classList.add("fresh");
  known = new Set(rows().map((each) => each.id));
  showSelection();
}

/* The key by the letter that it types; by its place where an input method types something else. */
function keyOf(event) {
  if (event.key.length > 1 && event.key !== "Process") return event.key;
  if (/^[\x20-\x7e]$/.test(event.key)) return event.key.toLowerCase();
  const byPlace = { BracketLeft: "[", BracketRight: "]", Slash: event.shiftKey ? "?" : "/", Space: " " };
  if (event.code in byPlace) return byPlace[event.code];
  return event.code.replace(/^(Key|Digit)/, "").toLowerCase();
}
/* Keys act anywhere but in fields and open dialogs; space and enter stay with the button that has the focus. */
export function onKeys(keys) {
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      const key = keyOf(event);
      const field = event.target.closest("input, select, textarea");
      if (field && key === "Escape") field.blur();
      if (field || event.target.closest("dialog[open]") || !(key in keys)) return;
      if ([" ", "Enter"].includes(key) && event.target.closest("button, a, summary")) return;
      event.preventDefault();
      event.stopPropagation();
      if (!event.repeat || ["j", "k", "ArrowLeft", "ArrowRight"].includes(key)) keys[key]();
    },
    true,
  );
}
export function onActs(acts) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (button && button.dataset.act in acts) acts[button.dataset.act](button, event);
  });
}
export function showHelp() {
  document.getElementById("help").showModal();
}

document.addEventListener("click", (event) => {
  const row = event.target.closest("#queue .row");
  if (row && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    select(row.dataset.id);
    showCase(true);
  }
});
document.getElementById("language").addEventListener("click", (event) => {
  event.preventDefault();
  const there = new URL(location.href);
  there.searchParams.set("lang", new URL(event.currentTarget.href).searchParams.get("lang"));
  location.assign(there);
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "queue") rememberPlace();
});
document.body.addEventListener("htmx:load", (event) => {
  if (event.detail.elt.id === "queue") restorePlace();
});
const offline = document.getElementById("offline");
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.body.addEventListener(name, () => (offline.hidden = false));
}
document.body.addEventListener("htmx:afterOnLoad", (event) => {
  if (event.detail.xhr.status < 400) offline.hidden = true;
});
addEventListener("pageshow", (event) => event.persisted && location.reload());
showSelection();
if (rowOf(selected)) rowOf(selected).scrollIntoView({ block: "nearest" });
