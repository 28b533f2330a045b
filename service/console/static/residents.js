// What is chosen among the petitions found, and what the dialog says before they are erased.

import { fill, texts } from "./texts.js";

const byId = (id) => document.getElementById(id);
const boxes = () => Array.from(document.querySelectorAll("#found input[name=petitions]"));
const form = byId("erase-form");

function show() {
  const chosen = boxes().filter((box) => box.checked);
  const inHistory = chosen.filter((box) => box.dataset.history !== undefined).length;
  if (byId("chosen")) byId("chosen").textContent = fill(texts.chosen, { n: chosen.length });
  if (byId("erase-chosen")) byId("erase-chosen").disabled = chosen.length === 0;
  byId("erase-title").textContent = fill(texts.title, { n: chosen.length });
  byId("in-history").textContent = fill(texts.history, { n: inHistory });
  byId("in-history").hidden = inHistory === 0 || form.elements.action.value === "delete";
  const submit = form.querySelector("[type=submit]");
  submit.textContent = submit.dataset[form.elements.action.value];
  if (byId("all")) byId("all").checked = chosen.length > 0 && chosen.length === boxes().length;
}

function onChange({ target }) {
  if (target.id === "all") boxes().forEach((box) => (box.checked = target.checked));
  show();
}

function onSettled() {
  if (byId("erased").querySelector("[data-erased]")) {
    byId("erased").replaceChildren();
    byId("erase").close();
    form.reset();
  }
  show();
}

document.addEventListener("change", onChange);
document.addEventListener("htmx:afterSettle", onSettled);
byId("phone").addEventListener("click", () => byId("phone").focus());
byId("erase").addEventListener("close", () => {
  byId("sure").checked = false;
});
