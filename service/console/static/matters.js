// 三事清单: the entry beside the list, its forms, keys.

import "./matters-meeting.js";
import { askFirst, chooseAll, showChosen } from "./matters-several.js";
import { keepWords } from "./matters-words.js";
import { texts } from "./texts.js";

const byId = (id) => document.getElementById(id);
const entry = byId("entry");
const TYPING = "input:not([type=checkbox]):not([type=radio]), textarea, select";

/** What had been typed into a form whose entry somebody else has changed meanwhile. */
let typed = null;
/** The link that opened the entry, for the way back. */
let opener = null;
/** The entry that is shown, or about to be. */
let shownId = null;

// ---- the entry ----

function configure({ detail }) {
  if (!detail.elt.matches("[data-changes]")) return;
  detail.headers["If-Match"] = `"${detail.elt.closest("article").dataset.version}"`;
}

function beforeSwap({ detail }) {
  if (detail.target !== entry) return;
  const form = detail.requestConfig.elt;
  const lost = detail.xhr.status === 412 && form.matches("form");
  typed = lost ? { id: form.id, values: shownValues(form) } : null;
}

function shownValues(form) {
  const hidden = (name) => form.elements.namedItem(name).type === "hidden";
  return Array.from(new FormData(form).entries()).filter(([name]) => !hidden(name));
}

function afterSwap({ detail }) {
  if (detail.target === entry) showEntry();
  if (detail.target === byId("found")) showChosen();
}

/** Until then a row that came anew has the old one's class, and the page its old address. */
function afterSettle({ detail }) {
  markCurrent();
  if (detail.target === byId("found")) keepWords();
}

function showEntry() {
  entry.hidden = false;
  const desk = byId("desk");
  if (desk) desk.dataset.open = "";
  entry.scrollTop = 0;
  const article = entry.querySelector("article");
  shownId = article.dataset.id;
  markCurrent();
  refreshRow(article);
  if (typed) return putBack(typed);
  byId("entry-title").focus({ preventScroll: matchMedia("(min-width: 1000px)").matches });
}

function refreshRow(article) {
  const row = byId(`row-${article.dataset.id}`);
  if (!row || row.dataset.version === article.dataset.version) return;
  htmx.trigger(row, "stale");
  htmx.trigger("#numbers", "stale");
}

/** Puts back what was typed; where the form is gone, its words are shown. */
function putBack({ id, values }) {
  const form = byId(id);
  const words = values.map(([, value]) => value).filter((value) => value !== "");
  if (!form) {
    const told = byId("conflict-typed");
    told.textContent = `${texts.conflict_gone}${words.join("；")}`;
    told.hidden = false;
    byId("conflict").focus();
    return;
  }
  values.forEach(([name, value]) => {
    const field = form.elements.namedItem(name);
    if (field && field.type === "checkbox") field.checked = true;
    else if (field) field.value = value;
  });
  if (form.matches(".act")) showForm(form);
  byId("conflict").scrollIntoView({ block: "start" });
}

function closeEntry() {
  const desk = byId("desk");
  if (!desk || entry.hidden || !mayLeave()) return;
  entry.hidden = true;
  entry.replaceChildren();
  delete desk.dataset.open;
  shownId = null;
  markCurrent();
  const link = opener && (opener.isConnected ? opener : document.querySelector(`#row-${opener.closest("tr").dataset.id} .open`));
  if (link) link.focus();
}

function markCurrent() {
  document.querySelectorAll("#rows tr").forEach((row) => {
    const current = row.dataset.id === shownId;
    row.classList.toggle("current", current);
    const link = row.querySelector(".open");
    if (current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  });
}

// ---- its forms: one at a time, what was typed stays ----

function showForm(form) {
  const wasShown = !form.hidden;
  hideForms();
  if (wasShown) return;
  form.hidden = false;
  const button = opensForm(form);
  if (button) button.setAttribute("aria-expanded", "true");
  const first = form.querySelector("textarea, select, input:not([type=hidden])");
  first.focus({ preventScroll: true });
  form.scrollIntoView({ block: "nearest" });
}

function hideForms() {
  const shown = Array.from(entry.querySelectorAll("form.act")).filter((form) => !form.hidden);
  shown.forEach((form) => {
    form.hidden = true;
    const button = opensForm(form);
    if (button) button.setAttribute("aria-expanded", "false");
    if (button && form.contains(document.activeElement)) button.focus();
  });
  return shown.length > 0;
}

const opensForm = (form) => entry.querySelector(`[data-shows="${form.id}"]`);

function hasTyped() {
  const fields = entry ? Array.from(entry.querySelectorAll("form.act :is(textarea, input:not([type=hidden]))")) : [];
  return fields.some((field) => field.value !== field.defaultValue);
}

const mayLeave = () => !hasTyped() || window.confirm(texts.leave);

/** Another entry takes the place of this one, and of what was typed. */
function beforeRequest(event) {
  const link = event.detail.elt;
  if (!link.matches("#rows .open")) return;
  if (!mayLeave()) return event.preventDefault();
  shownId = link.closest("tr").dataset.id;
  markCurrent();
}

function beforeUnload(event) {
  if (hasTyped()) event.preventDefault();
}

// ---- keys and clicks ----

function onClick({ target }) {
  const button = target.closest("button, a, input");
  if (!button) return;
  if (button.matches("#rows .open")) opener = button;
  if (button.dataset.shows) showForm(byId(button.dataset.shows));
  if (button.dataset.hides !== undefined) hideForms();
  if (button.dataset.closesEntry !== undefined) closeEntry();
  if (button.dataset.bulk) askFirst(button);
  if (button.id === "unchoose") chooseAll(false);
  if (button.dataset.tops !== undefined) byId("found").scrollIntoView();
}

function onChange({ target }) {
  if (target.id === "choose-all") chooseAll(target.checked);
  if (target.name === "chosen") showChosen();
  if (target.name === "kind" && target.form.id === "new") showMatter(target.value);
}

function showMatter(kind) {
  byId("matter-field").hidden = kind === "petition";
  byId("entry-matter").disabled = kind === "petition";
}

const areSingleKeysOn = () => localStorage.getItem("single-keys") !== "off";

function onKey(event) {
  const { key, target } = event;
  if (event.isComposing || document.querySelector("dialog[open]")) return;
  if (key === "Enter" && (event.ctrlKey || event.metaKey)) return submitTyped(event);
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === "Escape" && entry) return escape(event);
  if (target.closest(TYPING) || !areSingleKeysOn()) return;
  if (!byId("found")) return;
  const done = { j: () => step(1), k: () => step(-1), x: choose, "/": search }[key.toLowerCase()];
  if (!done) return;
  event.preventDefault();
  done();
}

function submitTyped(event) {
  const form = event.target.closest("form");
  if (!form || !event.target.matches(TYPING)) return;
  event.preventDefault();
  form.requestSubmit();
}

/** First puts away the form, then the entry; elsewhere the key does what it does. */
function escape(event) {
  if (!hideForms()) {
    if (entry.hidden || !byId("desk")) return;
    closeEntry();
  }
  event.preventDefault();
}

function rowAt() {
  const focused = document.activeElement.closest("#rows tr");
  return (entry.hidden && focused) || document.querySelector("#rows tr.current") || focused;
}

/** Goes to another row; while an entry is open, opens that one instead. */
function step(by) {
  const rows = Array.from(document.querySelectorAll("#rows tr"));
  const at = rows.indexOf(rowAt());
  const row = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
  if (!row) return;
  const link = row.querySelector(".open");
  row.scrollIntoView({ block: "nearest" });
  if (entry.hidden) link.focus();
  else link.click();
}

function choose() {
  const box = rowAt() && rowAt().querySelector("[name=chosen]");
  if (box) box.click();
}

function search() {
  byId("text").select();
  byId("text").focus();
}

document.addEventListener("htmx:configRequest", configure);
document.addEventListener("htmx:confirm", beforeRequest);
document.addEventListener("htmx:beforeSwap", beforeSwap);
document.addEventListener("htmx:afterSwap", afterSwap);
document.addEventListener("htmx:afterSettle", afterSettle);
document.addEventListener("click", onClick);
document.addEventListener("change", onChange);
document.addEventListener("keydown", onKey);
window.addEventListener("beforeunload", beforeUnload);
