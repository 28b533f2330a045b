// The messages on the desk, and what of them outlives a reload: in the session of this tab alone, until signing out.

const NAME = "desk";
const SHORTEST = 8;
const GREETING = /^(您好|你好|尊敬|领导|各位)/;
/** Fields of an order that is written in several paragraphs. */
const FIELD = /^(姓名|来电人|诉求人|联系人|联系方式|联系电话|电话|地址|事发地址|诉求内容|诉求目的|办理要求|备注|附件)[:：]/;
const MOST_BYTES = 2 * 1024 * 1024;

export const MOST_MESSAGES = 200;
export const MOST_MB = MOST_BYTES / 1024 / 1024;

/** States in which a message still has to be dealt with. */
const LEFT = ["open", "sending", "unsent"];

/**
 * A message: its text, fields of its own, `state`, and later `petition`; `sent` is what is being stored, with the key that
 * makes it happen once; `replaces` a petition that was withdrawn.
 */
export function message(text = "", more = {}) {
  return { text, fields: {}, state: "open", pasted: false, ...more };
}

/** Whether it still has to be dealt with. */
export function isLeft(one) {
  return LEFT.includes(one.state);
}

/** The messages of a text: parts between blank lines. Greetings, thanks and further fields stay with what they belong to. */
export function split(text) {
  const parts = text.replace(/\r\n?/g, "\n").split(/\n[^\S\n]*\n\s*/).map((part) => part.trim()).filter(Boolean);
  const joined = [];
  let greeting = "";
  parts.forEach((part) => {
    if (part.length >= SHORTEST && !(joined.length && FIELD.test(part))) {
      joined.push(greeting + part);
      greeting = "";
    } else if (joined.length && !GREETING.test(part)) {
      joined.push(`${joined.pop()}\n\n${part}`);
    } else {
      greeting += `${part}\n\n`;
    }
  });
  return greeting ? [...joined, greeting.trim()] : joined;
}

/** The text of a file: UTF-8, else as Chinese Windows writes it. Null where it is no text or too long. */
export async function textOf(file) {
  if (file.size > MOST_BYTES) return null;
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    return new TextDecoder("gb18030").decode(bytes);
  }
}

/** What this person left here, or an empty desk. */
export function restored(who) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(NAME));
    if (kept && kept.who === who) return kept;
  } catch (error) {
    sessionStorage.removeItem(NAME);
  }
  return { who, messages: [message()], at: 0, kept: {}, taken: [] };
}

/** Keeps what is not stored yet; of what is stored, its number alone. */
export function keep(desk) {
  const messages = desk.messages.filter(isLeft).map(({ route, ...rest }) => ({ ...rest }));
  const current = desk.messages[desk.at];
  const at = Math.max(0, desk.messages.filter(isLeft).indexOf(current));
  const whole = { ...desk, messages: messages.length ? messages : [message()], at };
  try {
    sessionStorage.setItem(NAME, JSON.stringify(whole));
  } catch (error) {
    sessionStorage.removeItem(NAME); // too long to keep: better nothing than an older text
  }
}
