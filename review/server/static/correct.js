/* The transcript of the hit that is shown, put right in place: the claim is judged anew and the case comes back. */
import { knownText, post, text } from "./page.js";
import { reload, showBar } from "./decide.js";

function slot() {
  return document.getElementById("correction");
}
export async function openCorrection(passage) {
  const watch = document.getElementById("watch");
  if (!slot() || !watch.querySelector('[data-act="correct"]')) return;
  const { case: id, hit } = watch.dataset;
  const chosen = typeof passage === "string" ? `?passage=${encodeURIComponent(passage)}` : "";
  const from = `/cases/${encodeURIComponent(id)}/hits/${encodeURIComponent(hit)}/correction${chosen}`;
  await htmx.ajax("GET", from, { target: slot(), swap: "innerHTML" });
  const form = document.getElementById("correct");
  if (!form) return;
  form.addEventListener("submit", send);
  form.addEventListener("keydown", onKey);
  form.querySelector("select[name=passage]")?.addEventListener("change", (event) => openCorrection(event.target.value));
  const field = form.querySelector("textarea") ?? form.querySelector("button");
  field.focus();
  if (field.matches("textarea")) field.setSelectionRange(field.value.length, field.value.length);
}
export function closeCorrection() {
  if (slot()?.firstChild) slot().replaceChildren();
}
function onKey(event) {
  if (event.isComposing) return;
  if (event.key === "Escape") closeCorrection();
  else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.requestSubmit();
}
function say(form, message) {
  const box = form.querySelector(".trouble");
  box.textContent = message;
  box.hidden = !message;
}
async function send(event) {
  event.preventDefault();
  const form = event.currentTarget;
  if (form.hasAttribute("aria-busy")) return;
  const product = form.elements.product.value;
  form.setAttribute("aria-busy", "true");
  say(form, "");
  try {
    const answer = await post(`/v1/cases/${encodeURIComponent(form.dataset.case)}/corrections`, {
      request_id: form.dataset.requestId,
      passage_id: form.elements.passage.value,
      original: form.elements.original.value,
      corrected: form.elements.text.value,
      product_id: product === form.elements.product.dataset.before ? null : product,
      why: form.elements.why.value,
    });
    if (!answer.ok) {
      return say(form, text("not_corrected", knownText(`barred.${answer.json?.code}`, answer.json?.detail ?? String(answer.status))));
    }
    closeCorrection();
    showBar(answer.json.found.length ? text("corrected", answer.json.corrected) : text("corrected_away"), []);
    await reload("");
    htmx.trigger("#queue", "changed");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    say(form, text("not_corrected", error.message));
  } finally {
    form.removeAttribute("aria-busy");
  }
}
