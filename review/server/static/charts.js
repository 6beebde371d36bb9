// Draws each table that asks for it; the table stays, for whoever reads rather than looks.
const style = getComputedStyle(document.documentElement);
const color = (name) => style.getPropertyValue(name).trim();
const MOST_BARS = 15;
// Half of the chart is for names: of so many letters, of which a Chinese one takes the room of two.
const ROOM = Math.min(40, Math.max(18, Math.floor(window.innerWidth / 20)));
const short = (name) => {
  let room = ROOM;
  const kept = [...name].findIndex((sign) => (room -= sign > "\u2e7f" ? 2 : 1) < 0);
  return kept < 0 ? name : `${[...name].slice(0, kept).join("")}…`;
};

for (const table of document.querySelectorAll("table[data-chart]")) {
  const upright = table.dataset.chart === "columns";
  const rows = [...table.tBodies[0].rows].slice(0, upright ? undefined : MOST_BARS);
  const frame = document.createElement("div");
  frame.className = "chart";
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true");
  if (!upright) frame.style.height = `${40 + 24 * Math.max(3, rows.length)}px`;
  frame.append(canvas);
  table.closest(".pane").querySelector("h2").after(frame);
  new Chart(canvas, {
    type: "bar",
    data: {
      labels: rows.map((row) => short(row.cells[0].textContent)),
      datasets: [{ data: rows.map((row) => Number(row.cells[1].dataset.value)), backgroundColor: color("--accent") }],
    },
    options: {
      indexAxis: upright ? "x" : "y",
      animation: false,
      maintainAspectRatio: false,
      plugins: { legend: { display: false } },
      scales: {
        x: { ticks: { color: color("--quiet"), precision: 0 }, grid: { color: color("--line"), display: !upright } },
        y: { ticks: { color: color("--quiet"), autoSkip: upright, precision: 0 }, grid: { color: color("--line"), display: upright } },
      },
    },
  });
}
