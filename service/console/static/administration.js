// Accounts, keys, residents: the dialog that the server fills, secrets that are shown once, the filter above a table.

import "./form-problems.js";
import { notice, showNotices } from "./notices.js";
import { texts } from "./texts.js";

const byId = (id) => document.getElementById(id);
const dialog = byId("dialog");
const body = byId("dialog-body");

function onSwapped({ detail }) {
  if (detail.target === body) {
    if (body.querySelector("[data-done]")) dialog.close();
    else show();
  }
  filter();
}

function show() {
  if (!dialog.open) dialog.showModal();
  showNotices();
  dialog.scrollTop = 0;
  const first = body.querySelector("[autofocus]") || body.querySelector("button, input");
  if (first) first.focus();
  if (first && body.querySelector("[data-secret]") && first.select) first.select();
}

/** A secret is gone once the dialog is closed: Escape must not do it. */
function onCancel(event) {
  if (body.querySelector("[data-secret]")) event.preventDefault();
}

async function onClick(event) {
  const found = event.target.closest("[data-copies], [data-filters]");
  if (!found) return;
  if (found.dataset.filters !== undefined) found.focus();
  else await copy(found, byId(found.dataset.copies));
}

/** Not the clipboard object alone: pages on plain HTTP have none. */
async function copy(button, field) {
  field.select();
  const done = await navigator.clipboard?.writeText(field.value).then(() => true, () => false);
  if (done || document.execCommand("copy")) button.textContent = texts.copied;
  else notice(texts.copy_failed, { kind: "look" });
}

function filter() {
  const field = document.querySelector("[data-filters]");
  if (!field) return;
  const wanted = field.value.trim().toLowerCase();
  const place = byId(field.dataset.filters);
  const rows = Array.from(place.querySelectorAll("tbody tr"));
  rows.forEach((row) => {
    row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
  const none = place.querySelector("[data-no-match]");
  if (none) none.hidden = rows.some((row) => !row.hidden);
}

/** What is unfolded at the end of a dialog is below its edge. */
function onToggle({ target }) {
  if (target.open && target.matches(".more")) target.scrollIntoView({ block: "nearest" });
}

document.addEventListener("toggle", onToggle, true);
document.addEventListener("click", onClick);
document.addEventListener("input", ({ target }) => target.matches("[data-filters]") && filter());
document.addEventListener("htmx:afterSettle", onSwapped);
if (dialog) {
  dialog.addEventListener("cancel", onCancel);
  dialog.addEventListener("close", () => body.replaceChildren());
}
