/* What every page has: menus and other openings close by Esc and by a click outside; what can't be undone asks first. */
function closeAll(except) {
  let closed = null;
  for (const each of document.querySelectorAll("details[data-popover][open]")) {
    if (each === except || each.contains(except)) continue;
    each.open = false;
    closed = each;
  }
  return closed;
}
document.addEventListener("click", (event) => closeAll(event.target.closest("details[data-popover]")));
/* Before the keys of the page itself: Esc first closes what is open over it. */
addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
    const closed = closeAll(null);
    if (!closed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    closed.querySelector("summary").focus();
  },
  true,
);
document.addEventListener("focusin", (event) => closeAll(event.target.closest("details[data-popover]")));
document.addEventListener("submit", (event) => {
  const { confirm: question } = event.submitter?.dataset.confirm ? event.submitter.dataset : event.target.dataset;
  if (question && !confirm(question)) event.preventDefault();
});
/* On a phone a table's row stands as a list: each cell then says which column it is of. */
function label(table) {
  const heads = [...table.querySelectorAll("thead tr:last-child th")].map((head) => head.textContent.trim());
  for (const row of table.querySelectorAll("tbody tr, tfoot tr")) {
    if (row.cells.length !== heads.length) continue;
    for (const [at, cell] of [...row.cells].entries()) {
      if (!heads[at] || cell.childElementCount > 1 || cell.dataset.label) continue;
      const words = document.createElement("span");
      words.append(...cell.childNodes);
      cell.append(words);
      cell.dataset.label = heads[at];
    }
  }
}
function labelAll(part) {
  for (const table of part.querySelectorAll("table.figures")) label(table);
}
labelAll(document);
/* Parts of a page that come anew. */
document.addEventListener("htmx:load", (event) => labelAll(event.target));
