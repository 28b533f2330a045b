// The page's only two requests.

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

/** The Route of a message. */
export async function requestRoute(text, signal) {
  return answer("/v1/routes", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ text }),
    signal,
  });
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
  throw new Problem(
    document.title || texts.problem_title,
    document.detail || `HTTP ${response.status}`,
    document.errors || [],
  );
}
