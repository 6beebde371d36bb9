/* The queue and the open case: what moves between them, and which key does what. */
import { announce, current, isCaseShown, onActs, onKeys, open, rows, select, showCase, showHelp, step, text } from "./page.js";
import { pauseClip, playerActs, playerKeys } from "./player.js";
import { tellWaiting } from "./care.js";
import { closeAside, openAside, takeUp } from "./aside.js";
import { choose, chooseReason, leave, leaveCase, mountDecision, nextFree, note, reopen, submit, undo, sendKept } from "./decide.js";
import { closeCorrection, openCorrection } from "./correct.js";
import { closeProposal, openProposal } from "./propose.js";
import { confirmBulk, pickAll, preview, restorePicks, stopPicking, togglePicking } from "./bulk.js";

const POLL_MS = 3000;
const CALM_MS = 1500;
let polling = null;
let refreshing = null;

/* However many cases change, the list is asked for anew only so often. */
export function refresh() {
  if (refreshing) return;
  refreshing = setTimeout(() => {
    refreshing = null;
    htmx.trigger("#queue", "changed");
  }, CALM_MS);
}
function listen() {
  const source = new EventSource("/stream/queue");
  source.addEventListener("change", refresh);
  source.addEventListener("open", () => {
    clearInterval(polling);
    polling = null;
  });
  source.addEventListener("error", () => {
    polling ??= setInterval(refresh, POLL_MS);
  });
  addEventListener("pagehide", () => source.close());
}

function jump(by) {
  const tabs = [...document.querySelectorAll(".hit-tab")];
  const at = tabs.findIndex((tab) => tab.hasAttribute("aria-current"));
  if (tabs.length > 1) tabs[(at + by + tabs.length) % tabs.length].click();
}
function focusFilter() {
  showCase(false);
  document.querySelector('#filters [name="q"]').select();
}
/* How many cases each choice of the filter would show, as far as the list knows. */
function showCounts() {
  const { counts } = document.getElementById("queue").dataset;
  for (const [field, known] of Object.entries(JSON.parse(counts))) {
    for (const option of document.querySelectorAll(`#filters [name="${field}"] option[data-name]`)) {
      option.textContent = option.dataset.name + (known[option.value] ? ` · ${known[option.value]}` : "");
    }
  }
}
function tellOpened() {
  const form = document.getElementById("decide");
  if (!form) return;
  const all = rows();
  const at = all.findIndex((row) => row.dataset.id === form.dataset.case);
  announce(text("opened", at + 1, all.length, `${form.dataset.host} ${form.dataset.quote}`));
}

onKeys({
  ...playerKeys,
  j: () => step(1),
  k: () => step(-1),
  v: () => choose("violates"),
  n: () => choose("lawful"),
  u: () => choose("unsure"),
  e: () => choose("needs_proof"),
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) => [String(digit), () => chooseReason(digit - 1)])),
  Enter: submit,
  z: undo,
  t: note,
  x: togglePicking,
  a: openAside,
  g: nextFree,
  w: openProposal,
  c: openCorrection,
  "[": () => jump(-1),
  "]": () => jump(1),
  "/": focusFilter,
  "?": showHelp,
  Escape: () => {
    closeCorrection();
    stopPicking();
    leave();
  },
});
onActs({
  ...playerActs,
  "to-list": () => {
    showCase(false);
    pauseClip();
    leaveCase();
  },
  help: showHelp,
  next: () => step(1),
  previous: () => step(-1),
  filter: focusFilter,
  "next-free": nextFree,
  aside: openAside,
  "close-aside": closeAside,
  "take-up": takeUp,
  propose: openProposal,
  "close-proposal": closeProposal,
  correct: () => openCorrection(),
  "close-correction": closeCorrection,
  "hit-before": () => jump(-1),
  "hit-after": () => jump(1),
  choose: (button) => choose(button.dataset.choice),
  reason: (button) => chooseReason([...button.parentElement.children].indexOf(button)),
  undo,
  reopen,
  select: togglePicking,
  "pick-all": pickAll,
  preview,
  "confirm-bulk": confirmBulk,
});
/* Who looks for something looks everywhere, unless they said where. */
document.getElementById("filters").addEventListener("submit", (event) => {
  const { q, state } = event.target.elements;
  if (q.value.trim() && q.value !== q.defaultValue && state.value === "mine_to_decide") state.value = "any";
  if (!q.value.trim() && q.defaultValue && state.value === "any") state.value = "mine_to_decide";
});
for (const field of document.querySelectorAll("#filters .pair select, #filters .named")) {
  field.addEventListener("change", () => field.form.submit());
}
document.body.addEventListener("htmx:load", (event) => {
  if (event.detail.elt.id === "queue") {
    restorePicks();
    showCounts();
    tellWaiting();
  }
  if (event.detail.elt.matches(".claim")) {
    mountDecision();
    tellOpened();
    // What had the focus went with the case before: it goes on to this one, unless somebody is elsewhere.
    const at = document.activeElement;
    if (!at || at === document.body || at.closest("#detail")) document.querySelector("#card h1")?.focus({ preventScroll: true });
  }
});
if (!current() && rows().length && isCaseShown()) open(rows()[0].dataset.id);
else if (current()) select(current());
mountDecision();
showCounts();
tellWaiting();
sendKept();
listen();
