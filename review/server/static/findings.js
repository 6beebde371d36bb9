/* The page of all findings: one list, one finding beside it. */
import { onActs, onKeys, showCase, showHelp, step } from "./page.js";
import { playerActs, playerKeys } from "./player.js";

onKeys({ ...playerKeys, j: () => step(1), k: () => step(-1), "?": showHelp });
onActs({ ...playerActs, help: showHelp, "to-list": () => showCase(false) });
document.querySelector(".pick-stream select").addEventListener("change", (event) => event.target.form.submit());
