// 三事清单: several entries at once, after a question.

import { fill, texts } from "./texts.js";

const byId = (id) => document.getElementById(id);
const boxes = () => Array.from(document.querySelectorAll("#rows [name=chosen]"));

/** Tells how many are chosen. */
export function showChosen() {
  const bar = byId("bulk-bar");
  if (!bar) return;
  const all = boxes();
  const chosen = all.filter((box) => box.checked);
  bar.hidden = chosen.length === 0;
  byId("bulk-count").textContent = fill(texts.chosen, { n: chosen.length });
  const head = byId("choose-all");
  if (!head) return;
  head.checked = all.length > 0 && chosen.length === all.length;
  head.indeterminate = chosen.length > 0 && chosen.length < all.length;
}

/** Chooses all of the page, or none. */
export function chooseAll(checked) {
  boxes().forEach((box) => {
    box.checked = checked;
  });
  showChosen();
}

/** Asks before something is done with those that are chosen. */
export function askFirst(button) {
  const action = button.textContent;
  const n = boxes().filter((box) => box.checked).length;
  byId("bulk-action").value = button.dataset.bulk;
  byId("confirm-title").textContent = fill(texts.confirm, { action });
  byId("confirm-text").textContent = fill(texts.confirm_text, { n, action });
  byId("confirm-button").textContent = action;
  const urges = button.dataset.bulk === "urge";
  byId("bulk-why-field").hidden = !urges;
  byId("bulk-why").disabled = !urges;
  byId("bulk-why").required = urges;
  byId("confirm").showModal();
}

if (byId("bulk")) byId("bulk").addEventListener("htmx:afterRequest", () => byId("confirm").close());
