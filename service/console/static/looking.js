// Routes the text on the desk, and asks for what stands beside the route.

import { Problem, requestPart, requestRoute, taxonomy } from "./api.js";
import { closeCorrection, showChoice, suggested } from "./deciding.js";
import {
  box,
  current,
  desk,
  fieldsOf,
  isBlank,
  KEPT_FIELDS,
  later,
  now,
  PAUSE,
  quietly,
  reads,
  result,
  stop,
  withFields,
} from "./desk.js";
import { carriedOver, codePoints } from "./evidence.js";
import { keep } from "./messages.js";
import { fill, texts } from "./texts.js";
import * as view from "./view.js";

const { byId } = view;
const ADVICE_PAUSE = 250;
const ROUTED_FIELDS = ["title", "area"];
const limit = Number(box.dataset.limit);

/** Routes the text; what was asked before counts no more. */
export async function look() {
  stop();
  const text = box.value;
  const known = current().route;
  if (known && known.text === text) {
    show(known.route, text);
    return;
  }
  const mine = new AbortController();
  now.running = mine;
  now.unsent = false;
  setBusy(true);
  try {
    const route = await requestRoute(statement(text), mine.signal);
    if (now.running !== mine) return;
    now.running = null;
    show(route, text);
  } catch (error) {
    if (now.running !== mine) return;
    now.running = null;
    fail(error);
  } finally {
    if (now.running === null) setBusy(false);
  }
}

/** What is routed: as little as is needed. */
function statement(text) {
  const { title, area } = fieldsOf(current());
  return { text, ...(title && { title }), ...(area && { area }) };
}

/** Shows a route of a text. */
export function show(route, text) {
  now.shown = { route, text, level: "" };
  now.warned = false;
  ["matter", "department"].forEach((head) => {
    if (now.choice[head] === suggested(head)) now.choice = { ...now.choice, [head]: undefined };
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
  addBackground(now.shown);
  later("advise", reads() ? 0 : ADVICE_PAUSE, advise);
}

async function addBackground(subject) {
  const known = await quietly(taxonomy());
  if (!known) return; // the route stands without definitions
  if (now.shown === subject) view.showBackground(subject.route, known);
  subject.level = view.levelName(subject.route, known);
}

/** Asks for what stands beside the route, with what is chosen. */
export async function advise() {
  if (now.advising) now.advising.abort();
  const mine = new AbortController();
  now.advising = mine;
  const { matter, department, request_type: type } = now.choice;
  const body = {
    ...withFields(current(), now.shown.text),
    ...(matter && { matter }),
    ...(department && { department }),
    ...(type && { request_type: type }),
    ...(current().replaces && { petition: current().replaces }),
  };
  const page = await quietly(requestPart("/routing/beside", { method: "POST", body, signal: mine.signal }));
  if (!page || now.advising !== mine) return;
  now.advising = null;
  if (!matter && !department) view.showResponsible(now.shown.route.responsible);
  view.showParts(page);
  showChoice();
}

function fail(error) {
  if (!(error instanceof Problem)) throw error;
  now.shown = null;
  now.unsent = error.status === 0;
  byId("status").textContent = "";
  view.showProblem(error);
  showChoice();
  bringIntoView();
}

/** Whether a route is awaited. */
export function setBusy(busy) {
  result.setAttribute("aria-busy", String(busy));
  showChoice();
}

/** Tells when the route is that of an older text. */
export function markStale() {
  byId("stale").hidden = now.shown === null || box.value === now.shown.text;
}

/** On narrow screens the result lies below the box. */
function bringIntoView() {
  if (result.getBoundingClientRect().top > window.innerHeight * 0.6) result.scrollIntoView();
}

/** The text is another one. */
export function onInput(event) {
  const one = current();
  const before = now.shown ? now.shown.text : "";
  one.text = box.value;
  view.showEvidence(now.shown ? carriedOver(now.shown.route.evidence, before, box.value) : [], box.value);
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
export function forget() {
  now.shown = null;
  now.choice = {};
  now.unsent = now.warned = false;
  byId("status").textContent = "";
  setBusy(false);
  view.showState("empty");
  closeCorrection();
}

/** Counts the characters. */
export function updateCounter() {
  const n = codePoints(box.value).length;
  const over = n > limit;
  byId("counter").textContent = fill(over ? texts.counter_over : texts.counter, { n, limit });
  byId("counter").classList.toggle("over", over);
}

/** A field is another one. */
export function onField(event) {
  const { name, value } = event.target;
  const target = KEPT_FIELDS.includes(name) ? desk.kept : current().fields;
  target[name] = value.trim();
  byId("fields-given").textContent = Object.values(fieldsOf(current())).filter(Boolean).join(" · ");
  keep(desk);
  if (ROUTED_FIELDS.includes(name)) {
    delete current().route;
    if (!isBlank()) later("look", PAUSE, look);
  } else if (now.shown) {
    later("advise", PAUSE, advise);
  }
}
