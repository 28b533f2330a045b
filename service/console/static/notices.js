// Short notices in the corner of the page.

import { shellTexts } from "./shell-texts.js";

const MOST = 4;
const SECONDS = 6;

const area = document.getElementById("notices");

/** Shows a notice; kind: ok, look or alarm. What went well goes by itself. */
export function notice(title, { text = "", kind = "ok" } = {}) {
  const made = element("div", "notice", "");
  made.dataset.kind = kind;
  made.append(element("strong", "", title));
  if (text) made.append(element("p", "", text));
  made.append(closeButton());
  showNotices();
  area.append(made);
  while (area.children.length > MOST) area.firstElementChild.remove();
  if (kind === "ok") setTimeout(() => made.remove(), SECONDS * 1000);
}

/** Brings notices before the open dialog, outside which nothing can be seen well or clicked. */
export function showNotices() {
  const dialogs = document.querySelectorAll("dialog:modal");
  const place = dialogs[dialogs.length - 1] || document.body;
  if (area.parentElement !== place) place.append(area);
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

// The event of a closed dialog does not bubble.
document.addEventListener("close", showNotices, true);
