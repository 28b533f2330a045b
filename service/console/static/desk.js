// What is on the desk of the page 分拨台, and what stands on the page of it.

import { Problem } from "./api.js";
import { restored } from "./messages.js";
import { byId } from "./view.js";

export const PAUSE = 80;
const OWN_FIELDS = ["title", "id", "received"];
export const KEPT_FIELDS = ["area", "channel"];

export const box = byId("text");
export const result = byId("result");

/** Whether this person may store petitions. */
export const stores = byId("accept") !== null;
export const desk = restored(byId("form").dataset.who);

/**
 * `shown`: the route on the page and the text that it belongs to; `choice`: what the clerk decided otherwise; `running` and
 * `advising`: requests; `unsent`: whether the last message did not arrive; `glance`: the moment from which the message
 * can be accepted; `warned`: whether Enter was pressed once already on an emergency.
 */
export const now = { shown: null, choice: {}, running: null, advising: null, unsent: false, glance: 0, warned: false };

const timers = {};

export const current = () => desk.messages[desk.at];
export const isBlank = () => !box.value.trim();
export const isCurrent = () => now.shown !== null && now.shown.text === box.value && now.running === null;
export const reads = () => document.activeElement !== box;

/** Does something when nothing of that name came for a while. */
export function later(name, wait, act) {
  clearTimeout(timers[name]);
  timers[name] = setTimeout(act, wait);
}

/** Nothing is asked of the service any more. */
export function stop() {
  clearTimeout(timers.look);
  clearTimeout(timers.advise);
  if (now.running) now.running.abort();
  if (now.advising) now.advising.abort();
  now.running = now.advising = null;
}

/** The outcome, or nothing where the service refused or was asked something newer. */
export async function quietly(promise) {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Problem || error.name === "AbortError") return null;
    throw error;
  }
}

/** From now on single keys decide. */
export function toResult() {
  result.focus({ preventScroll: true });
}

/** The fields of a message, with those that hold for all. */
export function fieldsOf(one) {
  return { ...desk.kept, ...one.fields };
}

/** A message as it is sent. */
export function withFields(one, text) {
  const given = Object.entries(fieldsOf(one)).filter(([, value]) => value);
  return { text, ...Object.fromEntries(given) };
}

/** Shows the fields of the current message. */
export function showFields() {
  if (!stores) return;
  const values = fieldsOf(current());
  [...OWN_FIELDS, ...KEPT_FIELDS].forEach((name) => {
    byId(`field-${name}`).value = values[name] || "";
  });
  byId("fields-given").textContent = Object.values(values).filter(Boolean).join(" · ");
}
