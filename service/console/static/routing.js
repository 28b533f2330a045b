// The page 分拨台: paste, read, Enter.

import { newKey, Problem, request, requestPart, requestRoute, taxonomy } from "./api.js";
import { correction } from "./correction.js";
import { carriedOver, codePoints } from "./evidence.js";
import { isLeft, keep, message, MOST_MB, MOST_MESSAGES, restored, split, textOf } from "./messages.js";
import { notice } from "./notices.js";
import { copy, plainText } from "./plain.js";
import { fill, texts } from "./texts.js";
import * as view from "./view.js";

const { byId } = view;
const PAUSE = 80;
const ADVICE_PAUSE = 250;
/** A message that came by itself can be accepted when there was time to see it. */
const GLANCE = 350;
const UNDOS = 20;
const OWN_FIELDS = ["title", "id", "received"];
const KEPT_FIELDS = ["area", "channel"];

const box = byId("text");
const result = byId("result");
const limit = Number(box.dataset.limit);
const stores = byId("accept") !== null;
const desk = restored(byId("form").dataset.who);

/** The route on the page and the text that it belongs to. */
let shown = null;
/** What the clerk decided otherwise. */
let choice = {};
let running = null;
let advising = null;
let timers = {};
/** Whether the last message did not arrive. */
let unsent = false;
let glance = 0;
/** Whether Enter was pressed once already on an emergency. */
let warned = false;

const current = () => desk.messages[desk.at];
const isBlank = () => !box.value.trim();
const isCurrent = () => shown !== null && shown.text === box.value && running === null;
const reads = () => document.activeElement !== box;

// Routing

function later(name, wait, act) {
  clearTimeout(timers[name]);
  timers[name] = setTimeout(act, wait);
}

function stop() {
  clearTimeout(timers.look);
  clearTimeout(timers.advise);
  if (running) running.abort();
  if (advising) advising.abort();
  running = advising = null;
}

async function look() {
  stop();
  const text = box.value;
  const known = current().route;
  if (known && known.text === text) {
    show(known.route, text);
    return;
  }
  const mine = new AbortController();
  running = mine;
  unsent = false;
  setBusy(true);
  try {
    const route = await requestRoute(statement(text), mine.signal);
    if (running !== mine) return;
    running = null;
    show(route, text);
  } catch (error) {
    if (running !== mine) return;
    running = null;
    fail(error);
  } finally {
    if (running === null) setBusy(false);
  }
}

/** What is routed: as little as is needed. */
function statement(text) {
  const { title, area } = fieldsOf(current());
  return { text, ...(title && { title }), ...(area && { area }) };
}

function show(route, text) {
  shown = { route, text, level: "" };
  warned = false;
  ["matter", "department"].forEach((head) => {
    if (choice[head] === suggested(head)) choice = { ...choice, [head]: undefined };
  });
  view.showRoute(route);
  view.showEvidence(route.evidence, text);
  showChoice();
  markStale();
  if (reads()) {
    byId("status").textContent = view.summary(route);
    view.bringEvidenceIntoView();
    bringIntoView();
  }
  addBackground(shown);
  later("advise", reads() ? 0 : ADVICE_PAUSE, advise);
}

async function addBackground(subject) {
  const known = await quietly(taxonomy());
  if (!known) return; // the route stands without definitions
  if (shown === subject) view.showBackground(subject.route, known);
  subject.level = view.levelName(subject.route, known);
}

async function advise() {
  if (advising) advising.abort();
  const mine = new AbortController();
  advising = mine;
  const { matter, department, request_type: type } = choice;
  const body = {
    ...withFields(current(), shown.text),
    ...(matter && { matter }),
    ...(department && { department }),
    ...(type && { request_type: type }),
    ...(current().replaces && { petition: current().replaces }),
  };
  const page = await quietly(requestPart("/routing/beside", { method: "POST", body, signal: mine.signal }));
  if (!page || advising !== mine) return;
  advising = null;
  if (!matter && !department) view.showResponsible(shown.route.responsible);
  view.showParts(page);
  showChoice();
}

/** The outcome, or nothing where the service refused or was asked something newer. */
async function quietly(promise) {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Problem || error.name === "AbortError") return null;
    throw error;
  }
}

function fail(error) {
  if (!(error instanceof Problem)) throw error;
  shown = null;
  unsent = error.status === 0;
  byId("status").textContent = "";
  view.showProblem(error);
  showChoice();
  bringIntoView();
}

function setBusy(busy) {
  result.setAttribute("aria-busy", String(busy));
  showChoice();
}

function markStale() {
  byId("stale").hidden = shown === null || box.value === shown.text;
}

/** On narrow screens the result lies below the box. */
function bringIntoView() {
  if (result.getBoundingClientRect().top > window.innerHeight * 0.6) result.scrollIntoView();
}

function toResult() {
  result.focus({ preventScroll: true });
}

// Text

function onInput(event) {
  const one = current();
  const before = shown ? shown.text : "";
  one.text = box.value;
  view.showEvidence(shown ? carriedOver(shown.route.evidence, before, box.value) : [], box.value);
  updateCounter();
  markStale();
  showChoice();
  if (isBlank()) {
    stop();
    forget();
  } else if (!event.isComposing) {
    later("look", PAUSE, look);
  }
  later("keep", PAUSE, () => keep(desk));
}

/** Nothing is on the page any more. */
function forget() {
  shown = null;
  choice = {};
  unsent = warned = false;
  byId("status").textContent = "";
  setBusy(false);
  view.showState("empty");
  closeCorrection();
}

function updateCounter() {
  const n = codePoints(box.value).length;
  const over = n > limit;
  byId("counter").textContent = fill(over ? texts.counter_over : texts.counter, { n, limit });
  byId("counter").classList.toggle("over", over);
}

function onPaste(event) {
  if (event.target !== box && event.target.closest("input, textarea, dialog")) return;
  const text = event.clipboardData.getData("text/plain");
  const whole = isBlank() || (box.selectionStart === 0 && box.selectionEnd === box.value.length);
  if (!text.trim() || (event.target === box && !whole)) return;
  event.preventDefault();
  if (event.target === box) box.value = "";
  add(text);
}

/** Takes new messages onto the desk; what is there and not decided stays. */
function add(text) {
  const parts = split(text);
  const whole = text.replace(/\r\n?/g, "\n");
  if (parts.length + desk.messages.filter(isLeft).length > MOST_MESSAGES) {
    notice(fill(texts.too_many, { most: MOST_MESSAGES }), { kind: "look" });
    return;
  }
  const alone = parts.length === 1;
  const made = parts.map((part) => message(alone ? whole : part, { pasted: true }));
  if (isBlank()) desk.messages.splice(desk.at, 1, ...made);
  else desk.messages.push(...made);
  desk.at = desk.messages.indexOf(made[0]);
  open();
  if (stores) toResult();
  if (made.length > 1) lookAhead(made);
}

async function openFile(file) {
  if (!file) return;
  const text = file.type.startsWith("text/") || file.name.endsWith(".txt") ? await textOf(file) : undefined;
  if (text) add(text);
  else notice(text === undefined ? texts.file_kind : fill(texts.file_size, { most: MOST_MB }), { kind: "look" });
}

/** Routes of all, so that emergencies stand out and the next one is there at once. */
async function lookAhead(messages) {
  const items = messages.map((one) => ({ text: one.text }));
  const answer = await quietly(request("/v1/routes", { method: "POST", body: { items } }));
  if (!answer || !answer.items) return;
  answer.items.forEach(({ route }, n) => {
    messages[n].route = { route, text: items[n].text };
  });
  showList();
}

// Several messages

/** Shows the current message. */
function open({ byItself = false } = {}) {
  const one = current();
  stop();
  forget();
  glance = byItself ? performance.now() + GLANCE : 0;
  if (byItself) setTimeout(showChoice, GLANCE);
  box.value = one.text;
  box.readOnly = one.state === "unsent" || one.state === "sending";
  byId("paper").scrollTop = 0;
  view.showEvidence([], one.text);
  updateCounter();
  showFields();
  showList();
  keep(desk);
  if (isBlank()) return;
  look();
}

function switchBy(step) {
  const open_ = desk.messages.map((one, n) => (isLeft(one) ? n : -1)).filter((n) => n >= 0);
  const at = open_.indexOf(desk.at) + step;
  if (at < 0 || at >= open_.length) return;
  desk.at = open_[at];
  open();
}

function isEmergency(one) {
  return Boolean(one.route && one.route.route.emergency);
}

/** After the current one: an emergency, else the next that is left, else an empty box. */
function goOn() {
  const typed = !current().pasted;
  const left = desk.messages.map((_, n) => (desk.at + n) % desk.messages.length).filter((n) => desk.messages[n].state === "open");
  if (left.length) {
    desk.at = left.find((n) => isEmergency(desk.messages[n])) ?? left[0];
  } else {
    desk.messages = [...desk.messages.filter((one) => one.state === "unsent"), message()];
    desk.at = desk.messages.length - 1;
  }
  open({ byItself: true });
  if (typed && isBlank()) box.focus();
  else toResult();
}

function showList() {
  const several = desk.messages.length > 1;
  byId("list").hidden = !several;
  byId("main").classList.toggle("with-list", several);
  if (!several) return;
  const left = desk.messages.filter(isLeft).length;
  byId("split").textContent = fill(texts.split, { n: desk.messages.length, left });
  byId("join-all").hidden = desk.messages.some((one) => one.state !== "open");
  byId("messages").replaceChildren(...desk.messages.map(listed));
  const chosen = byId("messages").querySelector("[aria-current]");
  if (chosen) chosen.scrollIntoView({ block: "nearest" });
}

function listed(one, n) {
  const item = view.element("li", "", "");
  const button = view.element("button", "message", "");
  button.type = "button";
  button.dataset.at = String(n);
  button.disabled = !isLeft(one);
  if (n === desk.at) button.setAttribute("aria-current", "true");
  const tag = view.element("span", "tag", texts.states[one.state]);
  if (one.state !== "open") tag.dataset.kind = isLeft(one) ? "look" : "ok";
  const head = view.element("span", "message-head", "");
  head.append(view.element("span", "number", String(n + 1)), tag);
  if (isEmergency(one)) {
    const alarm = view.element("span", "tag", one.route.route.emergency.line);
    alarm.dataset.kind = "alarm";
    head.append(alarm);
  }
  button.append(head, view.element("span", "message-text", one.text.slice(0, 60)));
  item.append(button);
  const before = desk.messages[n - 1];
  if (before && before.state === "open" && one.state === "open") {
    const join = view.element("button", "link", texts.join);
    join.type = "button";
    join.dataset.join = String(n);
    item.append(join);
  }
  return item;
}

function join(from, to) {
  const joined = desk.messages.slice(from, to + 1);
  desk.messages.splice(from, joined.length, message(joined.map((one) => one.text).join("\n\n"), { pasted: true }));
  desk.at = from;
  open();
  toResult();
}

// Fields

function fieldsOf(one) {
  return { ...desk.kept, ...one.fields };
}

function withFields(one, text) {
  const given = Object.entries(fieldsOf(one)).filter(([, value]) => value);
  return { text, ...Object.fromEntries(given) };
}

function showFields() {
  if (!stores) return;
  const values = fieldsOf(current());
  [...OWN_FIELDS, ...KEPT_FIELDS].forEach((name) => {
    byId(`field-${name}`).value = values[name] || "";
  });
  byId("fields-given").textContent = Object.values(values).filter(Boolean).join(" · ");
}

function onField(event) {
  const { name, value } = event.target;
  const target = KEPT_FIELDS.includes(name) ? desk.kept : current().fields;
  target[name] = value.trim();
  byId("fields-given").textContent = Object.values(fieldsOf(current())).filter(Boolean).join(" · ");
  keep(desk);
  delete current().route;
  if (!isBlank()) later("look", PAUSE, look);
}

// Deciding

function choose(head, code, why) {
  if (!isCurrent()) return;
  const { [head]: before, ...rest } = choice;
  choice = code === suggested(head) || code === before ? rest : { ...rest, [head]: code, why };
  showChoice();
  advise();
  if (!byId("correction").contains(document.activeElement)) toResult();
}

/** Code of what the route says. */
function suggested(head) {
  const prediction = shown.route[head];
  return prediction ? prediction.code : undefined;
}

function inForce() {
  return { matter: choice.matter || suggested("matter"), department: choice.department || suggested("department") };
}

/** A choice that is none of the bars is told in words; its names come from the taxonomy. */
async function tellChoice() {
  const mine = choice;
  const known = mine.department && (await quietly(taxonomy()));
  if (mine !== choice) return;
  const department = known && known.departments.get(mine.department);
  byId("chosen").hidden = !department;
  byId("chosen").textContent = department ? fill(texts.chosen, department) : "";
}

function showChoice() {
  if (!stores) return;
  const ready = isCurrent() && isLeft(current()) && current().state === "open" && performance.now() >= glance;
  byId("accept").disabled = byId("hand-over").disabled = !ready;
  const merging = choice.same && choice.same.state === "merged";
  const sending = current().state === "sending";
  byId("accept-label").textContent = sending ? texts.sending : merging ? texts.accept_merge : acceptLabel();
  byId("accept").classList.toggle("danger", warned);
  if (shown) view.showChosen(inForce());
  tellChoice();
  document.querySelectorAll("[data-same]").forEach((button) => {
    const petition = button.closest("[data-petition]").dataset.petition;
    const pressed = choice.same && choice.same.other === petition && choice.same.state === button.dataset.same;
    button.setAttribute("aria-pressed", String(Boolean(pressed)));
  });
  document.querySelectorAll("[data-like]").forEach((button) => {
    button.setAttribute("aria-pressed", String(choice.like === button.closest("[data-petition]").dataset.petition));
  });
}

function acceptLabel() {
  return warned ? fill(texts.accept_emergency, shown.route.emergency) : texts.accept;
}

function sayTheSame(button) {
  const other = button.closest("[data-petition]").dataset.petition;
  const state = button.dataset.same;
  const again = choice.same && choice.same.other === other && choice.same.state === state;
  choice = { ...choice, same: again ? undefined : { other, state } };
  showChoice();
  toResult();
}

/** Takes over what was decided on a similar petition. */
function takeOver(button) {
  if (!isCurrent()) return;
  const petition = button.closest("[data-petition]").dataset.petition;
  const { matter, department } = button.dataset;
  const { same } = choice;
  choice = choice.like === petition ? { same } : {
    same,
    like: petition,
    why: fill(texts.why_similar, button.dataset),
    ...(matter !== suggested("matter") && { matter }),
    ...(department !== suggested("department") && { department }),
  };
  showChoice();
  advise();
  toResult();
}

function accept() {
  if (byId("accept").disabled) {
    byId("status").textContent = current().state === "open" && !isBlank() ? texts.not_yet : "";
    return;
  }
  const merging = choice.same && choice.same.state === "merged";
  const { matter } = inForce();
  if (!merging && (!matter || matter === "unclear")) {
    notice(texts.unclear, { kind: "look" });
    openCorrection();
    return;
  }
  if (shown.route.emergency && !warned) {
    warned = true;
    showChoice();
    byId("status").textContent = acceptLabel();
    return;
  }
  takeIn(decision());
}

/** The decision as the service takes it: what differs from the suggestion. */
function decision() {
  const { matter, department, co_departments: others, request_type: type, why } = choice;
  const given = {
    ...(matter && { matter }),
    ...(department && { department }),
    ...(others && { co_departments: others }),
    ...(type && { request_type: type }),
  };
  return Object.keys(given).length || choice.like ? { ...given, why } : given;
}

function takeIn(decided) {
  const one = current();
  const body = {
    ...withFields(one, one.text),
    decision: decided,
    ...(choice.same && { same_matter: choice.same }),
    ...(one.replaces && { replaces: one.replaces }),
  };
  one.sent = { key: newKey(), body };
  closeCorrection();
  send(one);
}

async function send(one) {
  one.state = "sending";
  keep(desk);
  showChoice();
  const { key, body } = one.sent;
  try {
    const petition = await request("/routing/petitions", { method: "POST", body, headers: { "Idempotency-Key": key } });
    stored(one, petition);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    refused(one, error);
  }
}

function stored(one, petition) {
  one.state = stateOf(petition);
  const to = petition.unit || petition.department || petition.matter;
  desk.taken = [
    ...desk.taken,
    { petition: petition.id, version: petition.version, state: one.state, to: to ? to.name : "", pasted: one.pasted },
  ].slice(-UNDOS);
  showLast();
  if (one === current()) goOn();
  else showList();
  keep(desk);
}

function stateOf(petition) {
  if (petition.status === "merged") return "merged";
  if (!petition.review) return "accepted";
  return petition.restricted ? "waiting" : "handed_over";
}

function refused(one, problem) {
  one.state = problem.status === 0 ? "unsent" : "open";
  if (problem.status === 0) {
    notice(texts.unsent, { kind: "look" });
    if (one === current()) goOn();
  } else {
    delete one.sent;
    const details = [problem.detail, ...problem.errors.map((error) => error.message)].join(" ");
    notice(problem.title, { text: details, kind: "alarm" });
  }
  showList();
  showChoice();
  keep(desk);
}

function showLast() {
  const last = desk.taken[desk.taken.length - 1];
  byId("last").hidden = !last;
  if (last) byId("last-text").textContent = fill(texts.last, { state: texts.states[last.state], to: last.to });
}

/** Takes back the last acceptance; its text comes back onto the desk. */
async function undo() {
  const last = desk.taken.pop();
  if (!last) return;
  showLast();
  try {
    const petition = await request(`/routing/petitions/${last.petition}/withdrawal`, {
      method: "POST",
      body: {},
      headers: { "If-Match": `"${last.version}"` },
    });
    bringBack(petition, last.pasted);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 0) desk.taken.push(last);
    showLast();
    notice(error.title, { text: error.detail, kind: "alarm" });
  }
  keep(desk);
}

function bringBack(petition, pasted) {
  const fields = { title: petition.title, id: petition.external_id, area: petition.area, channel: petition.channel };
  const received = petition.received.slice(0, 16);
  const one = message(petition.text, { fields: { ...fields, received }, replaces: petition.id, pasted });
  if (isBlank()) desk.messages.splice(desk.at, 1, one);
  else desk.messages.push(one);
  desk.at = desk.messages.indexOf(one);
  open();
  notice(texts.withdrawn);
  toResult();
}

// Correcting

const form = stores ? correction({ taxonomy, onSubmit: correctAndAccept, onClose: () => toResult() }) : null;

function openCorrection() {
  if (shown) form.open(shown.route, choice);
}

function closeCorrection() {
  if (form) form.close();
}

function correctAndAccept(corrected) {
  if (!isCurrent()) {
    byId("status").textContent = texts.not_yet;
    return;
  }
  choice = { same: choice.same, ...corrected };
  accept();
}

// Events

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
  if (unsent && !running) look();
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
  copyWith(event.currentTarget, plainText(shown.route, shown.level, beside));
});
byId("copy-json").addEventListener("click", (event) => {
  copyWith(event.currentTarget, JSON.stringify(shown.route, null, 2));
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
