// The pages' only requests.

import { texts } from "./texts.js";

/** An error answer, in the words of the problem document. */
export class Problem extends Error {
  constructor(title, detail, errors) {
    super(title);
    this.title = title;
    this.detail = detail;
    this.errors = errors;
  }
}

let session = null;

/** Who uses the page; asked for once. Whoever has to sign in first is sent to do so. */
export async function whoAmI() {
  session ??= answer("/v1/session", {}).catch((problem) => {
    session = null;
    throw problem;
  });
  return session;
}

/** Begins a session. */
export async function signIn(name, password) {
  return answer("/v1/session", { ...json({ name, password }), method: "POST" });
}

/** Ends it. */
export async function signOut() {
  await answer("/v1/session", { method: "DELETE", headers: await csrf() });
}

/** The Route of a message. */
export async function requestRoute(text, signal) {
  const { headers, body } = json({ text });
  return answer("/v1/routes", { method: "POST", headers: { ...headers, ...(await csrf()) }, body, signal });
}

function json(value) {
  return { headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) };
}

/** The header by which the service knows that a change comes from its own page. */
async function csrf() {
  const known = await whoAmI();
  return known.csrf ? { "X-CSRF-Token": known.csrf } : {};
}

let known = null;

/** Definitions and duties by code; asked for once. */
export async function taxonomy() {
  if (known === null) {
    const whole = await answer("/v1/taxonomy", {});
    known = { matters: byCode(whole.matters), departments: byCode(whole.departments) };
  }
  return known;
}

function byCode(items) {
  return new Map(items.map((item) => [item.code, item]));
}

async function answer(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(texts.offline_title, texts.offline_detail, []);
  }
  const document = await response.json().catch(() => ({}));
  if (response.ok) return document;
  if (document.code === "unauthorised") location.assign("/sign-in");
  throw new Problem(
    document.title || texts.problem_title,
    document.detail || `HTTP ${response.status}`,
    document.errors || [],
  );
}
