/* A case that is not for this person now: left to others, put off, or given to a colleague. */
import { knownText, post, text } from "./page.js";
import { goOn, showBar } from "./decide.js";

const dialog = document.getElementById("aside");
const form = dialog.querySelector("form");
const wrong = form.querySelector(".wrong");
let caseId = null;

export function openAside() {
  const decide = document.getElementById("decide");
  if (!decide || !decide.querySelector('[data-act="aside"]')) return;
  caseId = decide.dataset.case;
  wrong.hidden = true;
  dialog.showModal();
}
export function closeAside() {
  dialog.close();
}
function asked() {
  const way = form.way.value;
  if (way === "give") return { way, body: { person_id: form.person.value }, said: form.person.selectedOptions[0].textContent };
  if (way === "leave") return { way, body: { reason: form.leave.value }, said: form.leave.selectedOptions[0].textContent };
  const body = { minutes: Number(form.minutes.value), reason: form["put-off"].value };
  return { way, body, said: form.minutes.selectedOptions[0].textContent };
}
form.addEventListener("change", (event) => {
  const way = event.target.closest("fieldset")?.querySelector('[name="way"]');
  if (way) way.checked = true;
});
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { way, body, said } = asked();
  try {
    const answer = await post(`/cases/${encodeURIComponent(caseId)}/${way}`, body);
    if (!answer.ok) throw new Error(knownText(`barred.${answer.json?.code}`, answer.json?.detail ?? String(answer.status)));
    dialog.close();
    showBar(text({ give: "given", leave: "left", "put-off": "put_off" }[way], said), []);
    await goOn(caseId);
  } catch (error) {
    wrong.textContent = text("refused", error.message);
    wrong.hidden = false;
  }
});
export async function takeUp() {
  const { case: id } = document.getElementById("decide").dataset;
  const answer = await post(`/cases/${encodeURIComponent(id)}/take-up`);
  await goOn(null, id);
  if (!answer.ok) showBar(text("refused", answer.json?.detail), []);
}
