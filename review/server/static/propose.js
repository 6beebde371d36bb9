/* Words proposed for the lexicon, from the case that is open: nothing goes live by it. */
import { knownText, text } from "./page.js";
import { showBar } from "./decide.js";

const dialog = document.getElementById("proposal");
const form = dialog.querySelector("form");
const wrong = form.querySelector(".wrong");
let caseId = null;

/* What is selected in the words, or else what the finding matched, or else its quotation. */
function suggested() {
  const chosen = String(getSelection()).trim();
  const matched = document.querySelector("#card .matches span");
  return (chosen || (matched ?? document.querySelector("#card q")).textContent).trim().slice(0, form.words.maxLength);
}
export function openProposal() {
  const decide = document.getElementById("decide");
  if (!decide || !decide.querySelector('[data-act="propose"]')) return;
  caseId = decide.dataset.case;
  form.words.value = suggested();
  wrong.hidden = true;
  dialog.showModal();
  form.words.select();
}
export function closeProposal() {
  dialog.close();
}
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const sent = new URLSearchParams({ words: form.words.value, kind: form.kind.value });
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
