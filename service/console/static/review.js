// The page 复核: keys, evidence, choosing departments, and the time for which a petition is kept.

import { taxonomy } from "./api.js";
import { combobox } from "./combobox.js";
import { departmentNamed, departmentsLike } from "./departments.js";
import { pieces } from "./evidence.js";
import { fill, texts } from "./texts.js";
import { allUnits, unitNamed, unitsLike } from "./unit-search.js";

const LOOK_SECONDS = 20;
const TICK_SECONDS = 2;
const HOLD_SECONDS = 20;
const WORKING_SECONDS = 60;
const ENDING_MINUTES = 3;
const UNREAD_MILLISECONDS = 300;
const MOST_OTHERS = 10;
const MOST_SKIPPED = 100;
const GO_ON = "review-go-on";
const TYPING = "input:not([type=checkbox]):not([type=radio]), textarea, select";
const OWN_ENTER = "button, a, summary, dialog, [role=button]";

const byId = (id) => document.getElementById(id);
const item = byId("item");
const skipped = new Set();

let departments = [];
let units = [];
let others = [];
let shownAt = 0;
let heldAt = 0;
let workedAt = Date.now();

/** After a petition has been swapped in. */
function onItem() {
  shownAt = Date.now();
  showEvidence();
  showClock();
  const goOn = byId("go-on");
  if (goOn) goOn.checked = localStorage.getItem(GO_ON) !== "off";
  if (byId("decision")) beginDecision();
}

function showEvidence() {
  const message = byId("message");
  if (!message || !message.dataset.evidence) return;
  const parts = pieces(message.textContent, JSON.parse(message.dataset.evidence));
  message.replaceChildren(...parts.map(marked));
}

function marked(part) {
  const heads = Object.keys(part.heads);
  if (!heads.length) return document.createTextNode(part.text);
  const mark = document.createElement("mark");
  mark.className = heads.join(" ");
  mark.dataset.strength = String(Math.max(...Object.values(part.heads)));
  mark.textContent = part.text;
  return mark;
}

function beginDecision() {
  const department = byId("to-department");
  others = JSON.parse(byId("others-chosen").dataset.chosen);
  showOthers();
  combobox(department, find, (one) => chooseDepartment(one.name));
  combobox(byId("to-others"), find, addOther);
  combobox(byId("to-unit"), (typed) => unitsLike(units, typed, decidedDepartment()), chooseUnit);
  showChoice();
}

function find(typed) {
  const offered = Array.from(document.querySelectorAll("#decision .option [data-name]"), (one) => one.dataset.name);
  const likely = offered.map((name) => departmentNamed(departments, name)).filter(Boolean);
  return departmentsLike(departments, typed, likely.map((one) => one.code));
}

/** A department that was typed stands in the place of one that was chosen by its number. */
function chooseDepartment(name) {
  setDepartment(name);
  byId("to-department").focus();
}

function setDepartment(name) {
  byId("to-department").value = name;
  byId("to-department").setCustomValidity("");
  byId("decision").querySelectorAll("input[type=radio][name=department]").forEach((one) => {
    one.checked = false;
  });
  showChoice();
}

/** The code of the department that the form names. */
function decidedDepartment() {
  const byNumber = byId("decision").querySelector("input[type=radio][name=department]:checked");
  const named = departmentNamed(departments, byId("to-department").value.trim() || (byNumber && byNumber.dataset.name));
  return named && named.code;
}

/** A unit of another department brings its own. */
function chooseUnit(unit) {
  byId("to-unit").value = unit.given;
  byId("to-unit").setCustomValidity("");
  const own = departments.find((one) => one.code === unit.department);
  if (own && own.code !== decidedDepartment()) setDepartment(own.name);
  showChoice();
  byId("to-unit").focus();
}

function addOther(one) {
  byId("to-others").value = "";
  if (others.length < MOST_OTHERS && !others.some((had) => had.code === one.code)) others = [...others, one];
  showOthers(true);
}

function showOthers(touched = false) {
  const chosen = others.map(({ code, name }) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button small" });
    button.textContent = `${name} ×`;
    button.setAttribute("aria-label", fill(texts.remove, { name }));
    button.addEventListener("click", () => {
      others = others.filter((one) => one.code !== code);
      showOthers(true);
      byId("to-others").focus();
    });
    const row = document.createElement("li");
    row.append(button, ...(touched ? [hidden("co_departments", code)] : []));
    return row;
  });
  const list = byId("others-chosen");
  list.dataset.touched = touched ? "true" : "";
  list.replaceChildren(...chosen, ...(touched ? [hidden("co_given", "true")] : []));
  if (touched) showChoice();
}

function hidden(name, value) {
  return Object.assign(document.createElement("input"), { type: "hidden", name, value });
}

/** Says what submitting does: confirm, or change; a change by more than a number has to say why. */
function showChoice() {
  const label = byId("submit-label");
  if (!label) return;
  const form = byId("decision");
  const given = (id) => byId(id).value.trim() !== "";
  const byNumber = form.querySelector("input[name=department]:checked");
  const more = ["to-department", "to-unit", "to-matter", "to-type"].some(given) || byId("others-chosen").dataset.touched === "true";
  const changed = more || (byNumber !== null && byNumber.value !== "");
  label.textContent = changed ? texts.submit : texts.confirm;
  byId("why").required = more;
}

function onInput(event) {
  if (event.target.id === "go-on") localStorage.setItem(GO_ON, event.target.checked ? "on" : "off");
  if (event.target.matches("input[type=radio][name=department]")) byId("to-department").value = "";
  if (event.target.id === "to-department") checkDepartment(event.target);
  if (event.target.id === "to-unit") checkUnit(event.target);
  if (byId("decision")) showChoice();
}

function checkDepartment(input) {
  const typed = input.value.trim();
  const known = !typed || !departments.length || departmentNamed(departments, typed);
  input.setCustomValidity(known ? "" : fill(texts.no_department, { name: typed }));
  if (typed) {
    byId("decision").querySelectorAll("input[type=radio][name=department]").forEach((one) => {
      one.checked = false;
    });
  } else {
    const present = byId("decision").querySelector("[data-present]");
    if (present && !byId("decision").querySelector("input[name=department]:checked")) present.checked = true;
  }
}

function checkUnit(input) {
  const typed = input.value.trim();
  const known = !typed || !units.length || unitNamed(units, typed);
  input.setCustomValidity(known ? "" : fill(texts.no_unit, { name: typed }));
}

/** Takes over how a similar petition was decided. */
function onLike(event) {
  const like = event.target.closest("[data-like]");
  if (!like) return;
  byId("correction").open = true;
  byId("to-matter").value = like.dataset.matter;
  chooseDepartment(like.dataset.department);
  byId("why").value = fill(texts.why_similar, { petition: like.dataset.like });
  byId("submit").focus();
}

function onClick(event) {
  onLike(event);
  const summary = event.target.closest(".correction summary");
  if (summary && !summary.parentElement.open) setTimeout(() => summary.parentElement.querySelector("input, select").focus());
}

function onKey(event) {
  workedAt = Date.now();
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" && !event.defaultPrevented) leave(event.target);
  if (event.key === "Enter" && !event.defaultPrevented) submit(event);
  if (event.key === "d" && areKeysOn() && !event.target.matches(TYPING)) toDepartment(event);
}

function areKeysOn() {
  return localStorage.getItem("single-keys") !== "off";
}

function toDepartment(event) {
  if (!byId("decision")) return;
  event.preventDefault();
  if (byId("correction")) byId("correction").open = true;
  byId("to-department").focus();
}

/** Enter confirms only what has been there for a moment, once, and never in the place of a button with the focus. */
function submit(event) {
  const form = byId("decision");
  if (!form || event.target.closest(OWN_ENTER) || event.target.closest("#filter")) return;
  const typing = event.target.matches(TYPING);
  if (typing && !event.target.closest("#decision")) return;
  event.preventDefault();
  const single = areKeysOn() || typing;
  const unread = Date.now() - shownAt < UNREAD_MILLISECONDS;
  if (event.repeat || !single || unread || form.classList.contains("htmx-request")) return;
  form.requestSubmit();
}

/** First out of the field, then back to the decision in force. */
function leave(target) {
  if (target.matches(TYPING)) {
    byId("item-title").focus();
    return;
  }
  const form = byId("decision");
  if (!form) return;
  form.reset();
  others = JSON.parse(byId("others-chosen").dataset.chosen);
  showOthers();
  ["to-department", "to-unit"].forEach((id) => byId(id).setCustomValidity(""));
  if (byId("correction") && form.dataset.confirmable === "true") byId("correction").open = false;
  showChoice();
}

/** How long the petition is kept, and keeping it longer while somebody works. */
function showClock() {
  const lease = byId("lease");
  if (!lease) return;
  lease.dataset.end ??= Date.now() + Date.parse(lease.dataset.until) - Date.parse(lease.dataset.now);
  const left = (Number(lease.dataset.end) - Date.now()) / 60_000;
  const half = Number(lease.dataset.minutes) / 2;
  const state = left <= 0 ? "ended" : left < ENDING_MINUTES ? "ending" : "kept";
  const told = { ended: texts.ended, ending: texts.ending, kept: texts.left }[state];
  lease.dataset.state = state;
  byId("extend").hidden = state === "kept";
  lease.querySelector(".lease-left").textContent = fill(told, { minutes: Math.max(1, Math.ceil(left)) });
  const working = Date.now() - workedAt < WORKING_SECONDS * 1000 && document.visibilityState === "visible";
  if (!working || left > half || left <= 0 || Date.now() - heldAt < HOLD_SECONDS * 1000) return;
  heldAt = Date.now();
  htmx.trigger(lease, "hold");
}

function configure({ detail }) {
  const { elt, path, parameters } = detail;
  if (elt.dataset.skips) skipped.add(elt.dataset.skips);
  if (path !== "/review/take" || parameters.petition) return;
  Array.from(skipped).slice(-MOST_SKIPPED).forEach((id) => parameters.append("besides", id));
}

function onSwapped({ detail }) {
  if (detail.target.id === "item") {
    onItem();
    byId("item-title").focus({ preventScroll: true });
    if (item.getBoundingClientRect().top < 0) item.scrollIntoView();
  }
  if (detail.elt.id === "lease") showClock();
}

function onFilter() {
  skipped.clear();
  const blind = byId("filter").querySelector("[name=kind][value=blind]").checked;
  ["filter-matter", "filter-department"].forEach((id) => {
    if (blind) byId(id).value = "";
    byId(id).disabled = blind;
  });
}

byId("filter").addEventListener("change", onFilter, { capture: true });
document.addEventListener("input", onInput);
document.addEventListener("click", onClick);
document.addEventListener("keydown", onKey);
document.addEventListener("pointerdown", () => {
  workedAt = Date.now();
});
document.addEventListener("scroll", () => {
  workedAt = Date.now();
}, { capture: true, passive: true });
document.addEventListener("htmx:configRequest", configure);
document.addEventListener("htmx:afterSettle", onSwapped);
setInterval(showClock, TICK_SECONDS * 1000);
setInterval(() => document.visibilityState === "visible" && htmx.trigger("#queue", "look"), LOOK_SECONDS * 1000);

onFilter();
onItem();
taxonomy().then((found) => {
  departments = Array.from(found.departments.values()).filter((one) => one.dispatch);
});
allUnits().then((found) => {
  units = found;
});
