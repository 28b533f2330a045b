// Fills the page with a route. Only text nodes are written: nothing of a message is ever read as HTML.

import { pieces } from "./evidence.js";
import { fill, level, percent, texts } from "./texts.js";

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
    byId("evidence").hidden = true;
  }
}

/** Shows what went wrong. */
export function showProblem(problem) {
  byId("error-title").textContent = problem.title;
  byId("error-detail").textContent = problem.detail;
  fillList(byId("error-fields"), problem.errors.map((error) => error.message));
  showState("error");
}

/** Shows a route of the message `text`. */
export function showRoute(route, text) {
  showEmergency(route.emergency);
  showResponsible(route.responsible);
  showReview(route);
  showBars(byId("matter"), route.matter);
  showBars(byId("department"), route.department);
  showFacts(route);
  showEvidence(route.evidence, text);
  byId("duty").hidden = true;
  byId("duty-button").hidden = true;
  byId("duty-button").setAttribute("aria-expanded", "false");
  byId("definition-button").hidden = true;
  byId("level").hidden = true;
  byId("stale").hidden = true;
  showState("route");
}

/** Adds what the taxonomy knows about the route: definition, duty, level of deliberation. */
export function showBackground(route, taxonomy) {
  const matter = route.matter && taxonomy.matters.get(route.matter.code);
  const department = route.department && taxonomy.departments.get(route.department.code);
  if (matter) {
    byId("definition").textContent = matter.definition;
    byId("definition-button").setAttribute("aria-label", fill(texts.definition_of, matter));
    byId("definition-button").hidden = false;
  }
  if (department) {
    byId("duty").textContent = department.duty;
    byId("duty-button").hidden = false;
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

function showResponsible(responsible) {
  byId("responsible").textContent = responsible ? responsible.name : texts.nobody;
  byId("channel").textContent = responsible ? responsible.channel : texts.nobody_channel;
}

function showReview(route) {
  byId("review").dataset.state = reviewState(route);
  byId("verdict").textContent = verdict(route);
  byId("confidence").textContent = sureness(route);
  fillList(byId("reasons"), route.review.reasons.map((reason) => reason.message));
}

function showBars(list, prediction) {
  const choices = prediction ? [prediction].concat(prediction.alternatives) : [];
  list.replaceChildren(...choices.map(bar));
  if (!choices.length) list.append(element("li", "bar-none", texts.undecided));
}

function bar(choice) {
  const line = element("span", "track", "");
  const filled = element("span", "fill", "");
  filled.style.width = `${Math.max(choice.confidence * 100, 1)}%`;
  line.append(filled);
  const item = element("li", "", "");
  item.append(element("span", "name", choice.name), line, element("span", "number", percent(choice.confidence)));
  return item;
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
  byId("version").textContent = route.model;
}

function showEvidence(evidence, text) {
  const parts = pieces(text, evidence).map(piece);
  byId("evidence-text").replaceChildren(...parts);
  byId("evidence-none").hidden = evidence.length > 0;
  byId("evidence").hidden = false;
}

function piece(part) {
  const heads = Object.keys(part.heads);
  if (!heads.length) return document.createTextNode(part.text);
  const strength = Math.max(...heads.map((head) => part.heads[head]));
  const mark = element("mark", heads.join(" "), part.text);
  mark.dataset.strength = String(strength);
  mark.title = fill(texts.mark, {
    heads: heads.map((head) => texts.heads[head] || head).join("，"),
    strength: texts.strength[strength],
  });
  return mark;
}

function fillList(list, lines) {
  list.replaceChildren(...lines.map((line) => element("li", "", line)));
  list.hidden = !lines.length;
}

function element(name, classes, text) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  made.textContent = text;
  return made;
}
