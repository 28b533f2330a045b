// Short notices in the corner of the page.

import { shellTexts } from "./shell-texts.js";

const MOST = 4;
const SECONDS = 6;

/** Shows a notice; kind: ok, look or alarm. What went well goes by itself. */
export function notice(title, { text = "", kind = "ok" } = {}) {
  const made = element("div", "notice", "");
  made.dataset.kind = kind;
  made.append(element("strong", "", title));
  if (text) made.append(element("p", "", text));
  made.append(closeButton());
  const area = document.getElementById("notices");
  area.append(made);
  while (area.children.length > MOST) area.firstElementChild.remove();
  if (kind === "ok") setTimeout(() => made.remove(), SECONDS * 1000);
}

function closeButton() {
  const button = element("button", "notice-close", "×");
  button.type = "button";
  button.dataset.dismisses = "";
  button.setAttribute("aria-label", shellTexts.close);
  return button;
}

function element(name, classes, text) {
  const made = document.createElement(name);
  made.className = classes;
  made.textContent = text;
  return made;
}
