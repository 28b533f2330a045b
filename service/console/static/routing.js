// The page 分拨台: paste, read, Enter. Events, and what they lead to.

import { accept, choose, openCorrection, sayTheSame, send, showLast, takeIn, takeOver, undo } from "./deciding.js";
import { box, desk, isBlank, isCurrent, now, result, stores, toResult } from "./desk.js";
import { look, onField, onInput } from "./looking.js";
import { message } from "./messages.js";
import { copy, plainText } from "./plain.js";
import { add, join, open, openFile, switchBy } from "./several.js";
import { texts } from "./texts.js";
import { byId } from "./view.js";

function onPaste(event) {
  if (event.target !== box && event.target.closest("input, textarea, dialog")) return;
  const text = event.clipboardData.getData("text/plain");
  const whole = isBlank() || (box.selectionStart === 0 && box.selectionEnd === box.value.length);
  if (!text.trim() || (event.target === box && !whole)) return;
  event.preventDefault();
  if (event.target === box) box.value = "";
  add(text);
}

async function copyWith(button, text) {
  const told = (await copy(text)) ? texts.copied : texts.copy_failed;
  byId("status").textContent = told;
  const label = button.dataset.label || button.textContent;
  button.dataset.label = label;
  button.textContent = told;
  setTimeout(() => {
    button.textContent = label;
  }, 1500);
}

function shownIn(id) {
  const found = document.getElementById(id);
  return found ? found.textContent : "";
}

function onClick(event) {
  const button = event.target.closest("button");
  if (!button) return;
  const data = button.dataset;
  const byMouse = event.detail > 0 && result.contains(button) && !byId("route").hidden;
  if (byMouse && stores && button.id !== "correct" && !byId("correction").contains(button)) toResult();
  if (data.head) choose(data.head, data.code, data.head === "matter" ? texts.why_matter : texts.why_number);
  if (data.same) sayTheSame(button);
  if (data.like !== undefined) takeOver(button);
  if (data.tell !== undefined) copyWith(button, button.closest(".hint").querySelector(".tell").textContent);
  if (data.example) add(data.example);
  if (data.at) {
    desk.at = Number(data.at);
    open();
    toResult();
  }
  if (data.join) join(Number(data.join) - 1, Number(data.join));
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing || event.altKey || document.querySelector("dialog[open]")) return;
  const { key, target } = event;
  if (key === "Enter" && (event.ctrlKey || event.metaKey)) {
    if (target !== box && target.closest("input")) return;
    event.preventDefault();
    if (stores) toResult();
    if (!isCurrent()) look();
    return;
  }
  if (event.ctrlKey || event.metaKey) return;
  if (key === "Escape") {
    byId("definition-button").blur();
    if (target === box) toResult();
    else if (!target.closest("input, select")) box.focus();
    return;
  }
  if (target !== result && target !== document.body && target !== byId("main")) return;
  if (key === "Enter" && stores && !event.repeat) {
    event.preventDefault();
    accept();
  }
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[key];
  if (step && desk.messages.length > 1) {
    event.preventDefault();
    switchBy(step);
  }
}

function onBack() {
  desk.messages.filter((one) => one.state === "unsent").forEach(send);
  if (now.unsent && !now.running) look();
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  toResult();
});
box.addEventListener("input", onInput);
box.addEventListener("compositionend", onInput);
document.addEventListener("paste", onPaste);
document.addEventListener("keydown", onKey);
document.addEventListener("click", onClick);
document.addEventListener("connection-back", onBack);
document.addEventListener("dragover", (event) => {
  if (event.target !== box || event.dataTransfer.types.includes("Files")) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  const { files } = event.dataTransfer;
  if (event.target === box && !files.length && !isBlank()) return; // text that is moved within the box
  event.preventDefault();
  if (files.length) openFile(files[0]);
  else add(event.dataTransfer.getData("text/plain"));
});
byId("file").addEventListener("change", (event) => {
  openFile(event.target.files[0]);
  event.target.value = "";
});
byId("clear").addEventListener("click", () => {
  desk.messages.splice(desk.at, 1, message());
  open();
  box.focus();
});
byId("join-all").addEventListener("click", () => join(0, desk.messages.length - 1));
byId("retry").addEventListener("click", look);
byId("copy-text").addEventListener("click", (event) => {
  const beside = { unit: shownIn("unit-name"), due: shownIn("due-text") };
  copyWith(event.currentTarget, plainText(now.shown.route, now.shown.level, beside));
});
byId("copy-json").addEventListener("click", (event) => {
  copyWith(event.currentTarget, JSON.stringify(now.shown.route, null, 2));
});
byId("undo").addEventListener("click", undo);
if (stores) {
  byId("fields").addEventListener("change", onField);
  byId("accept").addEventListener("click", accept);
  byId("correct").addEventListener("click", openCorrection);
  byId("hand-over").addEventListener("click", () => takeIn(null));
}
showLast();
open();
desk.messages.filter((one) => one.sent).forEach(send);
