/* A person takes a case, decides, and may take it back. A decision is kept until the server has answered for it. */
import { beside, current, isCaseShown, knownText, open, post, rowOf, select, showCase, text } from "./page.js";

const BEAT_MS = 30_000;
const PASSED_MS = 300;
const KEPT = "zhenyan.decision";
const WAITS_MS = [1000, 2000, 4000, 8000];
let form = null;
let choice = null;
let reason = null;
let sending = false;
let holds = null;
let undoable = null;
let inOrder = Promise.resolve();
let passing = null;
/* The case that the server took for this person and that is not shown yet. */
let promised = null;
/* The case that the desk opened by itself, not for anybody's asking. */
let ledTo = document.querySelector("#main.on-case") ? null : current();

/* Claims, releases and decisions reach the server in the order in which they were made. */
function queued(act) {
  const next = inOrder.then(act, act);
  inOrder = next.catch(() => undefined);
  return next;
}
function isNetwork(error) {
  return error instanceof TypeError;
}
function minutes(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/* Every act begins here, since a key may come between the swap of a case and htmx's word of it. */
export function mountDecision() {
  const found = document.getElementById("decide");
  if (found === form) return;
  give();
  form = found;
  if (promised && promised !== form?.dataset.case) release(promised);
  choice = reason = null;
  clearTimeout(passing);
  if (!form) return;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  const holder = form.querySelector("[data-holds-ms]");
  if (holder) holder.dataset.until = String(performance.now() + Number(holder.dataset.holdsMs));
  if (holder && passesOn()) return;
  if ("takesClaim" in form.dataset) passing = setTimeout(take, PASSED_MS, form);
  tick();
}
/* Where a colleague was quicker at the case that the desk had opened by itself, it goes on to the next free one. */
function passesOn() {
  if (!ledTo || choice || form.dataset.case !== ledTo || !isCaseShown()) return false;
  ledTo = null;
  goOn(form.dataset.case);
  return true;
}
function takes(shown) {
  return isCaseShown() && shown === form && !sending && "takesClaim" in shown.dataset;
}
async function take(taken) {
  const id = taken.dataset.case;
  try {
    const answer = await queued(() => (takes(taken) ? post(`/cases/${id}/claim`) : null));
    if (!answer || taken !== form) return;
    if (answer.ok) {
      promised = null;
      holds = { id, until: performance.now() + answer.json.lease_ms, beat: performance.now() };
      if (takes(taken) && String(answer.json.version) !== taken.dataset.version) await reload(text("changed"));
    } else if (answer.status === 409) {
      if (takes(taken) && !passesOn()) await reload(text("taken"));
    } else if (answer.status === 401) {
      askLogin();
    }
    tick();
  } catch (error) {
    if (!isNetwork(error)) throw error;
    passing = setTimeout(take, WAITS_MS[1], taken);
  }
}
/* Back to the list on a narrow screen: the case is free again until it is opened once more. */
export function leaveCase() {
  give();
  form = null;
}
function give() {
  if (!holds) return;
  const { id } = holds;
  holds = null;
  release(id);
}
function release(id) {
  promised = null;
  queued(() => post(`/cases/${id}/release`, undefined, { keepalive: true })).catch((error) => {
    if (!isNetwork(error)) throw error;
  });
}
function tick() {
  const now = performance.now();
  const lease = document.getElementById("claim");
  if (holds && lease) {
    lease.textContent = holds.until > now ? text("held", minutes(holds.until - now)) : text("lost");
    lease.classList.toggle("late", holds.until <= now);
    if (now - holds.beat >= BEAT_MS && !sending) {
      holds.beat = now;
      take(form);
    }
  }
  const holder = document.querySelector("[data-holds-ms]");
  if (holder && holder.dataset.until) {
    const until = Number(holder.dataset.until);
    holder.textContent = text("holds", minutes(until - now));
    if (until <= now) {
      delete holder.dataset.until;
      reload("");
    }
  }
  if (undoable) {
    document.querySelector("#bar .count-down").textContent = String(Math.max(0, Math.ceil((undoable.until - now) / 1000)));
    if (undoable.until <= now) clearBar();
  }
}
/* The case as it is now, with a word on why. */
export async function reload(message) {
  const id = form.dataset.case;
  holds = null;
  await htmx.ajax("GET", `/cases/${encodeURIComponent(id)}`, { target: "#detail", swap: "innerHTML" });
  mountDecision();
  trouble(message);
}
export function trouble(message, link) {
  const box = document.getElementById("trouble");
  if (!box) return;
  box.replaceChildren(message);
  if (link) box.append(" ", link);
  box.hidden = !message;
}
function askLogin() {
  const link = document.createElement("a");
  link.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
  link.textContent = text("log_in");
  link.className = "strong";
  trouble(text("expired"), link);
}

/* Between the step to another case and its coming, what is seen is not what is meant. */
function isMoving() {
  return form !== null && current() !== form.dataset.case;
}
export function choose(wanted) {
  mountDecision();
  if (isMoving()) return;
  const button = form && form.querySelector(`[data-choice="${wanted}"]`);
  if (sending || !form) return;
  if (!button || button.disabled) return trouble(form.dataset.why || button?.title || text("choose_not"));
  choice = wanted;
  trouble("");
  form.querySelector("#armed").hidden = false;
  for (const each of form.querySelectorAll(".choice")) each.setAttribute("aria-pressed", String(each === button));
  for (const group of form.querySelectorAll(".reasons")) group.hidden = group.dataset.for !== wanted;
  chooseReason(0);
}
export function chooseReason(at) {
  const buttons = form && choice ? [...form.querySelectorAll(`.reasons[data-for="${choice}"] .reason`)] : [];
  if (!buttons[at] || sending) return;
  reason = buttons[at].dataset.reason;
  for (const each of buttons) each.setAttribute("aria-checked", String(each === buttons[at]));
}
export function note() {
  mountDecision();
  if (choice) form.querySelector('[name="note"]').focus();
}
export function leave() {
  if (!form || sending || !choice) return;
  choice = reason = null;
  form.querySelector("#armed").hidden = true;
  for (const each of form.querySelectorAll(".choice")) each.setAttribute("aria-pressed", "false");
}

export async function submit() {
  mountDecision();
  if (!form || sending || isMoving()) return;
  if (form.dataset.why) return trouble(form.dataset.why);
  if (!choice) return trouble(text("choose_first"));
  const classId = form.querySelector('[name="class"]').value || null;
  if (reason === "other_class" && !classId) {
    trouble(text("pick_class"));
    return form.querySelector('[name="class"]').focus();
  }
  const { case: id, version, requestId, host, quote, undoMs } = form.dataset;
  const written = form.querySelector('[name="note"]').value;
  const label = form.querySelector(`[data-choice="${choice}"]`).lastChild.textContent.trim();
  const also = [...form.querySelectorAll('[name="also"]:checked')].map((box) => ({
    case_id: box.value,
    version: Number(box.dataset.version),
    request_id: `${requestId.slice(0, 27)}-${box.value}`.slice(0, 64),
  }));
  await send({
    id,
    person: document.body.dataset.person,
    name: document.querySelector(".top .who").textContent,
    shown: `${label} · ${host} “${quote}”`,
    undoMs: Number(undoMs),
    body: { version: Number(version), request_id: requestId, choice, reason, class: classId, note: written },
    also,
  });
}
function setBusy(busy) {
  sending = busy;
  for (const button of document.querySelectorAll("#decide button")) button.toggleAttribute("data-busy", busy);
  document.getElementById("decide")?.setAttribute("aria-busy", String(busy));
}
function pause(ms) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    }
    addEventListener("online", done);
  });
}
/* Until the server answers: the id that goes with each send makes many of them one decision. */
async function persist(url, body) {
  for (let tries = 0; ; tries += 1) {
    try {
      const answer = await queued(() => post(url, body));
      if (answer.status < 500) return answer;
    } catch (error) {
      if (!isNetwork(error)) throw error;
    }
    trouble(text("retrying"));
    await pause(WAITS_MS[Math.min(tries, WAITS_MS.length - 1)]);
  }
}
async function send(given) {
  sessionStorage.setItem(KEPT, JSON.stringify(given));
  setBusy(true);
  try {
    const answer = await persist(`/v1/cases/${encodeURIComponent(given.id)}/decisions`, given.body);
    if (answer.status === 401) return askLogin();
    if (answer.status === 403 && !given.reloaded) {
      sessionStorage.setItem(KEPT, JSON.stringify({ ...given, reloaded: true }));
      return location.reload();
    }
    sessionStorage.removeItem(KEPT);
    if (!answer.ok) return await refused(answer);
    await decided(given);
  } finally {
    setBusy(false);
  }
}
async function refused(answer) {
  const message = answer.status === 409 ? text(answer.json.code === "taken" ? "taken" : "changed") : null;
  const why = knownText(`barred.${answer.json.code}`, answer.json.detail);
  setBusy(false);
  await reload(message ?? text("refused", why));
}
async function decided(given) {
  let taken = [given.id];
  let rest = "";
  if (given.also.length) {
    const { choice: same, reason: why, note: written } = given.body;
    const answer = await persist("/bulk", { cases: given.also, choice: same, reason: why, note: written });
    const came = answer.ok ? answer.json : { taken: [], refused: given.also };
    taken = taken.concat(came.taken);
    if (came.taken.length) rest += text("also", came.taken.length);
    if (came.refused.length) rest += text("not_also", came.refused.length);
  }
  if (form && form.dataset.case === given.id) delete form.dataset.takesClaim;
  if (holds && holds.id === given.id) holds = null;
  showBar(text("decided", given.shown) + rest, taken, given.undoMs);
  rowOf(given.id)?.classList.add("done");
  setBusy(false);
  if (given.id === current()) await goOn(given.id);
  else htmx.trigger("#queue", "changed");
}
/* The server knows which case is the best free one, and takes it for this person. */
async function claimNext(without) {
  try {
    const answer = await queued(() => post(`/next${location.search}`, { without }));
    promised = answer.ok ? answer.json.case_id : null;
    return promised;
  } catch (error) {
    if (!isNetwork(error)) throw error;
    return beside(1) ?? beside(-1);
  }
}
/* On to the best free case, or to `wanted`; where there is none, the one that was open stays and says so. */
export async function goOn(from, wanted) {
  const next = wanted ?? (await claimNext(from));
  if (from !== null && from !== current()) return;
  if (next === null) await reload(text("last"));
  else await show(next);
  htmx.trigger("#queue", "changed");
}
async function show(id) {
  showCase(true);
  if (rowOf(id) && id !== current()) return open(id);
  const there = `/cases/${encodeURIComponent(id)}`;
  select(id);
  await htmx.ajax("GET", there, { target: "#detail", swap: "innerHTML" });
  history.replaceState(null, "", there + location.search);
  mountDecision();
}
/* N: whoever does not want to decide this one now goes on, and keeps nothing of it. */
export async function nextFree() {
  mountDecision();
  if (sending) return;
  await goOn(form ? form.dataset.case : null);
}
/* A decision that a lost page had not sent goes out now, unless somebody else sits here. */
export function sendKept() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
  if (!kept) return;
  if (kept.person === document.body.dataset.person) send(kept);
  else trouble(text("other_person", kept.name));
}

export function showBar(message, ids, undoMs = 10_000) {
  undoable = { ids, until: performance.now() + undoMs };
  document.querySelector("#bar .said-bar").textContent = message;
  document.querySelector('#bar [data-act="undo"]').hidden = !ids.length;
  document.getElementById("bar").classList.add("shown");
  tick();
}
function clearBar() {
  undoable = null;
  document.getElementById("bar").classList.remove("shown");
  document.querySelector('#bar [data-act="undo"]').hidden = true;
  document.querySelector("#bar .said-bar").textContent = "";
}
export async function undo() {
  if (!undoable || !undoable.ids.length) return;
  const { ids } = undoable;
  clearBar();
  const failed = [];
  for (const id of ids) {
    const answer = await persist(`/cases/${encodeURIComponent(id)}/undo`);
    if (!answer.ok) failed.push(knownText(`barred.${answer.json?.code}`, answer.json?.detail));
  }
  document.querySelector("#bar .said-bar").textContent = failed.length ? text("not_undone", failed[0]) : text("undone");
  document.getElementById("bar").classList.add("shown");
  setTimeout(() => undoable || clearBar(), 4000);
  htmx.trigger("#queue", "changed");
  await show(ids[0]);
}
export async function reopen() {
  const answer = await post(`/cases/${encodeURIComponent(form.dataset.case)}/reopen`);
  await reload(answer.ok ? "" : text("refused", knownText(`barred.${answer.json?.code}`, answer.json?.detail)));
}

setInterval(tick, 1000);
addEventListener("pagehide", give);
addEventListener("beforeunload", (event) => {
  if (sending) event.preventDefault();
});
