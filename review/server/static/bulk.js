/* Several cases at once: picked in the list, previewed, each confirmed, and taken back together. */
import { current, post, rows, text } from "./page.js";
import { showBar, trouble } from "./decide.js";

const scroll = document.getElementById("queue-scroll");
const dialog = document.getElementById("preview");
const picked = new Set();
let picking = false;

function boxes() {
  return [...document.querySelectorAll("#queue .pick input")];
}
export function restorePicks() {
  const there = new Set(rows().map((row) => row.dataset.id));
  for (const id of picked) if (!there.has(id)) picked.delete(id);
  for (const box of boxes()) box.checked = picked.has(box.value);
  show();
}
function show() {
  scroll.classList.toggle("picking", picking);
  document.querySelector('[data-act="select"]').setAttribute("aria-pressed", String(picking));
  document.querySelector(".bulk-more").hidden = !picking;
  document.getElementById("bulk-count").textContent = String(picked.size);
  document.querySelector('[data-act="preview"]').disabled = picked.size === 0;
}
/* The key picks the open case; the button only opens and closes. */
export function togglePicking(button) {
  if (button && picking) return stopPicking();
  picking = true;
  if (!button && current()) {
    if (picked.has(current())) picked.delete(current());
    else picked.add(current());
  }
  restorePicks();
}
export function stopPicking() {
  picking = false;
  picked.clear();
  restorePicks();
}
export function pickAll() {
  for (const box of boxes()) picked.add(box.value);
  restorePicks();
}
export async function preview() {
  const [choice, reason] = document.getElementById("bulk-choice").value.split(" ");
  const answer = await post("/bulk/preview", { case_ids: [...picked].slice(0, 100), choice, reason });
  if (!answer.ok) return trouble(text("refused", answer.json.detail));
  dialog.replaceChildren(document.createRange().createContextualFragment(await answer.answer.text()));
  dialog.showModal();
}
export async function confirmBulk() {
  const form = dialog.querySelector(".preview");
  const ticked = [...form.querySelectorAll("input:checked")];
  const cases = ticked.map((box) => ({
    case_id: box.dataset.case,
    version: Number(box.dataset.version),
    request_id: box.dataset.requestId,
  }));
  if (!cases.length) return;
  try {
    const answer = await post("/bulk", { cases, choice: form.dataset.choice, reason: form.dataset.reason });
    if (!answer.ok) return trouble(text("refused", answer.json.detail));
    dialog.close();
    const { taken, refused } = answer.json;
    const rest = refused.length ? text("not_also", refused.length) : "";
    showBar(text("bulk_decided", taken.length) + rest, taken);
    stopPicking();
    htmx.trigger("#queue", "changed");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    form.querySelector("h2").textContent = text("retrying");
    setTimeout(confirmBulk, 2000);
  }
}
document.addEventListener("change", (event) => {
  if (!event.target.matches("#queue .pick input")) return;
  if (event.target.checked) picked.add(event.target.value);
  else picked.delete(event.target.value);
  show();
});
