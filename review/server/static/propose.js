/* Words proposed for the lexicon, from the case that is open: nothing goes live by it. */
import { knownText, text } from "./page.js";
import { showBar } from "./decide.js";

const dialog = document.getElementById("proposal");
const form = dialog.querySelector("form");
const wrong = form.querySelector(".wrong");
const found = form.querySelector(".word-preview");
const PAUSE_MS = 350;
let caseId = null;

/* What is selected in the words, or else the quoted claim, or else what of a longer one was matched. */
function suggested() {
  const longest = form.words.maxLength;
  const chosen = String(getSelection()).trim();
  const quoted = document.getElementById("decide").dataset.quote.trim();
  const matched = document.querySelector("#card .matches span");
  const offered = quoted.length > longest && matched ? matched.textContent.trim() : quoted;
  return (chosen || offered).slice(0, longest);
}
/* What the words would match among what is stored, once the person pauses; of two answers the later question's stays. */
let asked = 0;
async function preview() {
  const own = ++asked;
  const words = form.words.value.trim();
  if (!words || !form.words.checkValidity()) return found.replaceChildren();
  found.setAttribute("aria-busy", "true");
  const answer = await fetch(`/cases/${encodeURIComponent(caseId)}/proposals/preview?${new URLSearchParams({ words })}`).catch(() => null);
  const told = answer?.ok ? await answer.text() : null;
  if (own !== asked) return;
  found.removeAttribute("aria-busy");
  if (told === null) found.textContent = text("not_previewed");
  else found.innerHTML = told;
}
let pause = null;
form.words.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(preview, PAUSE_MS);
});
export function openProposal() {
  const decide = document.getElementById("decide");
  if (!decide || !decide.querySelector('[data-act="propose"]')) return;
  caseId = decide.dataset.case;
  form.words.value = suggested();
  form.class.value = decide.dataset.class;
  form.reason.value = "";
  found.replaceChildren();
  wrong.hidden = true;
  dialog.showModal();
  form.words.select();
  preview();
}
export function closeProposal() {
  dialog.close();
}
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const sent = new URLSearchParams({ words: form.words.value, kind: form.kind.value, class: form.class.value, reason: form.reason.value });
  try {
    const answer = await fetch(`/cases/${encodeURIComponent(caseId)}/proposals`, {
      method: "POST",
      headers: { "X-CSRF-Token": document.body.dataset.csrf, Accept: "application/json" },
      body: sent,
    });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.detail);
    dialog.close();
    showBar(text("proposed", told.words), []);
  } catch (error) {
    wrong.textContent = error instanceof TypeError ? knownText("not_sent", error.message) : error.message;
    wrong.hidden = false;
  }
});
