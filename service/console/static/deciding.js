// What the clerk decides: another choice, a correction, the same matter as another; taking in and taking back.

import { newKey, Problem, request, taxonomy } from "./api.js";
import { correction } from "./correction.js";
import { current, desk, isBlank, isCurrent, now, quietly, stores, toResult, withFields } from "./desk.js";
import { advise } from "./looking.js";
import { isLeft, keep, message } from "./messages.js";
import { notice } from "./notices.js";
import { goOn, open, showList } from "./several.js";
import { fill, texts } from "./texts.js";
import * as view from "./view.js";

const { byId } = view;
const UNDOS = 20;
const form = stores ? correction({ taxonomy, onSubmit: correctAndAccept, onClose: () => toResult() }) : null;

/** A matter or department by its code; the same again: back to the suggestion. */
export function choose(head, code, why) {
  if (!isCurrent()) return;
  const { [head]: before, ...rest } = now.choice;
  now.choice = code === suggested(head) || code === before ? rest : { ...rest, [head]: code, why };
  showChoice();
  advise();
  if (!byId("correction").contains(document.activeElement)) toResult();
}

/** Code of what the route says. */
export function suggested(head) {
  const prediction = now.shown.route[head];
  return prediction ? prediction.code : undefined;
}

function inForce() {
  return { matter: now.choice.matter || suggested("matter"), department: now.choice.department || suggested("department") };
}

/** A choice that is none of the bars is told in words; its names come from the taxonomy. */
async function tellChoice() {
  const mine = now.choice;
  const known = mine.department && (await quietly(taxonomy()));
  if (mine !== now.choice) return;
  const department = known && known.departments.get(mine.department);
  byId("chosen").hidden = !department;
  byId("chosen").textContent = department ? fill(texts.chosen, department) : "";
}

/** Shows what is chosen, and whether it can be accepted. */
export function showChoice() {
  if (!stores) return;
  const ready = isCurrent() && isLeft(current()) && current().state === "open" && performance.now() >= now.glance;
  byId("accept").disabled = byId("hand-over").disabled = !ready;
  const merging = now.choice.same && now.choice.same.state === "merged";
  const sending = current().state === "sending";
  byId("accept-label").textContent = sending ? texts.sending : merging ? texts.accept_merge : acceptLabel();
  byId("accept").classList.toggle("danger", now.warned);
  if (now.shown) view.showChosen(inForce());
  tellChoice();
  document.querySelectorAll("[data-same]").forEach((button) => {
    const petition = button.closest("[data-petition]").dataset.petition;
    const pressed = now.choice.same && now.choice.same.other === petition && now.choice.same.state === button.dataset.same;
    button.setAttribute("aria-pressed", String(Boolean(pressed)));
  });
  document.querySelectorAll("[data-like]").forEach((button) => {
    button.setAttribute("aria-pressed", String(now.choice.like === button.closest("[data-petition]").dataset.petition));
  });
}

function acceptLabel() {
  return now.warned ? fill(texts.accept_emergency, now.shown.route.emergency) : texts.accept;
}

/** Whether it is the same matter as another petition, from the next acceptance on. */
export function sayTheSame(button) {
  const other = button.closest("[data-petition]").dataset.petition;
  const state = button.dataset.same;
  const again = now.choice.same && now.choice.same.other === other && now.choice.same.state === state;
  now.choice = { ...now.choice, same: again ? undefined : { other, state } };
  showChoice();
  toResult();
}

/** Takes over what was decided on a similar petition. */
export function takeOver(button) {
  if (!isCurrent()) return;
  const petition = button.closest("[data-petition]").dataset.petition;
  const { matter, department } = button.dataset;
  const { same } = now.choice;
  now.choice = now.choice.like === petition ? { same } : {
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

/** Takes the message in as it is shown, if that can be done. */
export function accept() {
  if (byId("accept").disabled) {
    byId("status").textContent = current().state === "open" && !isBlank() ? texts.not_yet : "";
    return;
  }
  const merging = now.choice.same && now.choice.same.state === "merged";
  const { matter } = inForce();
  if (!merging && (!matter || matter === "unclear")) {
    notice(texts.unclear, { kind: "look" });
    openCorrection();
    return;
  }
  if (now.shown.route.emergency && !now.warned) {
    now.warned = true;
    showChoice();
    byId("status").textContent = acceptLabel();
    return;
  }
  takeIn(decision());
}

/** The decision as the service takes it: what differs from the suggestion. */
function decision() {
  const { matter, department, co_departments: others, request_type: type, why } = now.choice;
  const given = {
    ...(matter && { matter }),
    ...(department && { department }),
    ...(others && { co_departments: others }),
    ...(type && { request_type: type }),
  };
  return Object.keys(given).length || now.choice.like ? { ...given, why } : given;
}

/** Takes the message in with a decision; without one it waits for a reviewer. */
export function takeIn(decided) {
  const one = current();
  const body = {
    ...withFields(one, one.text),
    decision: decided,
    ...(now.choice.same && { same_matter: now.choice.same }),
    ...(one.replaces && { replaces: one.replaces }),
  };
  one.sent = { key: newKey(), body };
  closeCorrection();
  send(one);
}

/** Sends what is taken in; sent again it is done once. */
export async function send(one) {
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

/** Shows what was taken in last. */
export function showLast() {
  const last = desk.taken[desk.taken.length - 1];
  byId("last").hidden = !last;
  if (last) byId("last-text").textContent = fill(texts.last, { state: texts.states[last.state], to: last.to });
}

/** Takes back the last acceptance; its text comes back onto the desk. */
export async function undo() {
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

/** Opens the form 更正. */
export function openCorrection() {
  if (now.shown) form.open(now.shown.route, now.choice);
}

/** Closes it. */
export function closeCorrection() {
  if (form) form.close();
}

function correctAndAccept(corrected) {
  if (!isCurrent()) {
    byId("status").textContent = texts.not_yet;
    return;
  }
  now.choice = { same: now.choice.same, ...corrected };
  closeCorrection();
  toResult();
  accept();
}
