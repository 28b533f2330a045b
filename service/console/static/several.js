// Which message is on the desk, and the list of those that wait.

import { request } from "./api.js";
import { showChoice } from "./deciding.js";
import { box, current, desk, isBlank, now, quietly, showFields, stop, stores, toResult } from "./desk.js";
import { forget, look, updateCounter } from "./looking.js";
import { isLeft, keep, message, MOST_MB, MOST_MESSAGES, split, textOf } from "./messages.js";
import { notice } from "./notices.js";
import { fill, texts } from "./texts.js";
import * as view from "./view.js";

const { byId } = view;
/** A message that came by itself can be accepted when there was time to see it. */
const GLANCE = 350;

/** Takes new messages onto the desk; what is there and not decided stays. */
export function add(text) {
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

/** Takes the messages of a text file. */
export async function openFile(file) {
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

/** Shows the current message. */
export function open({ byItself = false } = {}) {
  const one = current();
  stop();
  forget();
  now.glance = byItself ? performance.now() + GLANCE : 0;
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

/** To one that waits before or after the current one. */
export function switchBy(step) {
  const waiting = desk.messages.map((one, n) => (isLeft(one) ? n : -1)).filter((n) => n >= 0);
  const at = waiting.indexOf(desk.at) + step;
  if (at < 0 || at >= waiting.length) return;
  desk.at = waiting[at];
  open();
}

function isEmergency(one) {
  return Boolean(one.route && one.route.route.emergency);
}

/** After the current one: an emergency, else the next that is left, else an empty box. */
export function goOn() {
  const typed = !current().pasted;
  const round = desk.messages.map((_, n) => (desk.at + n) % desk.messages.length);
  const left = round.filter((n) => desk.messages[n].state === "open");
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

/** Shows the list, where there are several. */
export function showList() {
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

/** Makes one of messages that follow one another. */
export function join(from, to) {
  const joined = desk.messages.slice(from, to + 1);
  desk.messages.splice(from, joined.length, message(joined.map((one) => one.text).join("\n\n"), { pasted: true }));
  desk.at = from;
  open();
  toResult();
}
