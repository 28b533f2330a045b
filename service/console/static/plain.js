// A route as tidy plain text for a work order, and the clipboard.

import { evidenceWords } from "./evidence.js";
import { fill, level, percent, texts } from "./texts.js";

/** The route as a few lines of text; `beside`: unit and deadline, if they are known. */
export function plainText(route, levelName, beside) {
  const words = texts.plain;
  const lines = [words.head];
  const add = (label, text) => text && lines.push(fill(words[label], { text }));
  const responsible = route.responsible;
  add("emergency", route.emergency && route.emergency.message);
  add("responsible", responsible ? responsible.name : texts.nobody);
  add("level", levelName);
  add("channel", responsible && responsible.channel);
  add("matter", named(route.matter));
  add("department", named(route.department));
  add("unit", beside.unit);
  add("due", beside.due);
  add("alternatives", route.department && list(route.department.alternatives));
  add("co_departments", list(route.co_departments));
  add("confidence", `${level(route.confidence)}（${percent(route.confidence)}）`);
  add("review", review(route.review));
  add("evidence", evidenceWords(route.evidence).join(words.separator));
  lines.push(fill(words.version, route));
  return lines.join("\n");
}

function named(choice) {
  return choice && `${choice.name}（${percent(choice.confidence)}）`;
}

function list(choices) {
  return choices.map(named).join(texts.plain.separator);
}

function review(decision) {
  if (!decision.required) return texts.plain.review_no;
  const reasons = decision.reasons.map((reason) => reason.message).join(texts.plain.reasons);
  return fill(texts.plain.review_yes, { text: reasons });
}

/** Copies a text, also on plain-HTTP intranet pages, where the browser offers no clipboard object. */
export async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch (refused) {
      return copyBySelection(text);
    }
  }
  return copyBySelection(text);
}

function copyBySelection(text) {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "hidden";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (focused) focused.focus();
  return done;
}
