// Fills the page with a route. Only text nodes are written: nothing of a message is ever read as HTML.

import { evidenceWords, pieces } from "./evidence.js";
import { fill, level, percent, texts } from "./texts.js";

const NUMBERS = 5;
const PARTS = [
  "beside-hints",
  "beside-unit",
  "beside-due",
  "beside-repeats",
  "beside-similar",
  "beside-duty",
];

/** The element with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Shows exactly one of the result's three states: empty, error, route. */
export function showState(name) {
  ["empty", "error", "route"].forEach((state) => {
    byId(state).hidden = state !== name;
  });
  if (name !== "route") {
    byId("emergency").hidden = true;
    clearParts();
  }
}

/** Shows what went wrong. */
export function showProblem(problem) {
  byId("error-title").textContent = problem.title;
  byId("error-detail").textContent = problem.detail;
  fillList(byId("error-fields"), problem.errors.map((error) => error.message));
  showState("error");
}

/** Shows a route. */
export function showRoute(route) {
  showEmergency(route.emergency);
  showResponsible(route.responsible);
  showReview(route);
  showBars(byId("matter"), "matter", choicesOf(route.matter));
  showBars(byId("department"), "department", departments(route));
  showFacts(route);
  byId("definition-button").hidden = true;
  byId("level").hidden = true;
  byId("stale").hidden = true;
  showState("route");
}

/** Adds what the taxonomy knows about the route: definition, level of deliberation. */
export function showBackground(route, taxonomy) {
  const matter = route.matter && taxonomy.matters.get(route.matter.code);
  if (matter) {
    byId("definition").textContent = matter.definition;
    byId("definition-button").setAttribute("aria-label", fill(texts.definition_of, matter));
    byId("definition-button").hidden = false;
  }
  const name = levelName(route, taxonomy);
  byId("level").hidden = !name;
  byId("level-name").textContent = name;
}

/** Chinese name of the level at which a shared affair is deliberated, or nothing. */
export function levelName(route, taxonomy) {
  const code = route.responsible && route.responsible.level;
  if (!code) return "";
  const matter = taxonomy && taxonomy.matters.get(route.matter.code);
  const known = matter && matter.levels.find((candidate) => candidate.code === code);
  return known ? known.name : code;
}

/** What a screen reader announces. */
export function summary(route) {
  return fill(texts.done, {
    responsible: route.responsible ? route.responsible.name : texts.nobody,
    review: verdict(route),
    confidence: sureness(route),
  });
}

function verdict(route) {
  if (route.emergency) return fill(texts.review_emergency, route.emergency);
  return route.review.required ? texts.review_yes : texts.review_no;
}

function reviewState(route) {
  if (route.emergency) return "emergency";
  return route.review.required ? "look" : "ok";
}

function sureness(route) {
  return `${level(route.confidence)} ${percent(route.confidence)}`;
}

function showEmergency(emergency) {
  byId("emergency").hidden = !emergency;
  if (!emergency) return;
  byId("emergency-title").textContent = fill(texts.emergency, emergency);
  byId("emergency-message").textContent = emergency.message;
}

/** Shows who has to act. */
export function showResponsible(responsible) {
  byId("responsible").textContent = responsible ? responsible.name : texts.nobody;
  byId("channel").textContent = responsible ? responsible.channel : texts.nobody_channel;
}

function showReview(route) {
  byId("review").dataset.state = reviewState(route);
  byId("verdict").textContent = verdict(route);
  byId("confidence").textContent = sureness(route);
  fillList(byId("reasons"), route.review.reasons.map((reason) => reason.message));
}

/** The most likely departments: at most as many as there are number keys for them. */
function departments(route) {
  const candidates = route.candidates ? route.candidates.departments : [];
  const known = new Map(choicesOf(route.department).map((choice) => [choice.code, choice]));
  candidates.forEach((choice) => known.has(choice.code) || known.set(choice.code, choice));
  return Array.from(known.values()).slice(0, NUMBERS);
}

function choicesOf(prediction) {
  return prediction ? [prediction].concat(prediction.alternatives) : [];
}

function showBars(list, head, choices) {
  const numbered = head === "department";
  list.replaceChildren(...choices.map((choice, n) => bar(head, choice, numbered ? n + 1 : null)));
  if (!choices.length) list.append(element("li", "bar-none", texts.undecided));
}

function bar(head, choice, number) {
  const line = element("span", "track", "");
  const filled = element("span", "fill", "");
  filled.style.width = `${Math.max(choice.confidence * 100, 1)}%`;
  line.append(filled);
  const item = element("li", "", "");
  const row = element(decides() ? "button" : "div", "choice", "");
  if (decides()) {
    row.type = "button";
    Object.assign(row.dataset, { head, code: choice.code, name: choice.name });
    if (number) row.dataset.key = String(number);
  }
  if (number && decides()) row.append(element("kbd", "kbd", String(number)));
  row.append(element("span", "name", choice.name), line, element("span", "number", percent(choice.confidence)));
  item.append(row);
  return item;
}

function decides() {
  return byId("accept") !== null;
}

/** Marks which matter and department are in force. */
export function showChosen(chosen) {
  document.querySelectorAll(".choice[data-head]").forEach((row) => {
    row.setAttribute("aria-pressed", String(chosen[row.dataset.head] === row.dataset.code));
  });
}

/** Puts the parts that the service wrote where they belong; without parts, nothing stands there. */
export function showParts(page) {
  page.querySelectorAll("[data-part]").forEach((part) => byId(part.dataset.part).replaceChildren(...part.childNodes));
}

/** Takes them away. */
export function clearParts() {
  PARTS.forEach((part) => byId(part).replaceChildren());
}

function showFacts(route) {
  const candidates = route.candidates;
  byId("candidates-row").hidden = !candidates;
  if (candidates) {
    const names = candidates.departments.map((choice) => choice.name).join("、");
    byId("candidates").textContent = fill(texts.candidates, { names, coverage: percent(candidates.coverage) });
  }
  const names = route.co_departments.map((choice) => `${choice.name} ${percent(choice.confidence)}`);
  byId("co-departments").textContent = names.join("　") || texts.none;
  byId("request-type-row").hidden = !route.request_type;
  byId("request-type").textContent = route.request_type ? route.request_type.name : "";
  const words = evidenceWords(route.evidence);
  byId("evidence-words").textContent = words.join("、") || byId("evidence-words").dataset.none;
  byId("evidence-words").classList.toggle("quiet", !words.length);
  byId("version").textContent = route.model;
}

/** Marks the evidence in the text: the marks lie under the box, which has the same letters in the same places. */
export function showEvidence(evidence, text) {
  byId("evidence-text").replaceChildren(...pieces(text, evidence).map(piece));
}

/** Brings marks into view that a long text hides. */
export function bringEvidenceIntoView() {
  const paper = byId("paper");
  const strongest = ["3", "2", "1", "0"].map((n) => paper.querySelector(`mark[data-strength="${n}"]`)).find(Boolean);
  if (!strongest) return;
  const top = strongest.offsetTop;
  if (top < paper.scrollTop || top + strongest.offsetHeight > paper.scrollTop + paper.clientHeight) {
    paper.scrollTop = Math.max(0, top - paper.clientHeight / 3);
  }
}

function piece(part) {
  const heads = Object.keys(part.heads);
  if (!heads.length) return document.createTextNode(part.text);
  const strength = Math.max(...heads.map((head) => part.heads[head]));
  const mark = element("mark", heads.join(" "), part.text);
  mark.dataset.strength = String(strength);
  return mark;
}

function fillList(list, lines) {
  list.replaceChildren(...lines.map((line) => element("li", "", line)));
  list.hidden = !lines.length;
}

/** A new element with a text. */
export function element(name, classes, text) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  made.textContent = text;
  return made;
}
