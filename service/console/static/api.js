// Requests of the pages' scripts to the API.

import { connectionLost } from "./connection.js";
import { csrfHeader, signInAgain } from "./session.js";
import { shellTexts } from "./shell-texts.js";
import { fill } from "./texts.js";

/** An error answer, in the words of the problem document. */
export class Problem extends Error {
  constructor(title, detail, errors, status = 0) {
    super(title);
    this.title = title;
    this.detail = detail;
    this.errors = errors;
    this.status = status;
  }
}

/** What the API answers, as an object. Whoever is no longer signed in can sign in meanwhile and loses nothing. */
export async function request(path, options) {
  return (await answer(path, options)).json().catch(() => ({}));
}

/** A part of a page, as the service writes it. */
export async function requestPart(path, options) {
  const page = document.createElement("template");
  page.innerHTML = await (await answer(path, options)).text();
  return page.content;
}

async function answer(path, { method = "GET", body, signal, headers = {} } = {}) {
  const response = await send(path, {
    method,
    signal,
    headers: {
      Accept: "application/json, application/problem+json",
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...csrfHeader(),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (response.ok) return response;
  const document = await response.json().catch(() => ({}));
  if (document.code === "unauthorised" && (await signInAgain())) return answer(path, { method, body, signal, headers });
  throw new Problem(
    document.title || shellTexts.problem_title,
    document.detail || fill(shellTexts.problem_detail, { status: response.status }),
    document.errors || [],
    response.status,
  );
}

async function send(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    connectionLost();
    throw new Problem(shellTexts.offline_title, shellTexts.offline_detail, []);
  }
}

/** An idempotency key. Not crypto.randomUUID, which pages on plain HTTP do not have. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The Route of a message. */
export async function requestRoute(message, signal) {
  return request("/v1/routes", { method: "POST", body: message, signal });
}

let known = null;

/** Definitions and duties by code; asked for once. */
export async function taxonomy() {
  if (known === null) {
    const whole = await request("/v1/taxonomy");
    known = { matters: byCode(whole.matters), departments: byCode(whole.departments) };
  }
  return known;
}

function byCode(items) {
  return new Map(items.map((item) => [item.code, item]));
}
