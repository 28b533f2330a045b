// Signing in and out, and the token that shows that a change comes from a page of ours.

import { shellTexts } from "./shell-texts.js";

const byId = (id) => document.getElementById(id);
const token = document.querySelector('meta[name="csrf"]');

/** The header that every change needs. */
export function csrfHeader() {
  return token.content ? { "X-CSRF-Token": token.content } : {};
}

/** Begins a session; its description. Throws the reason in the service's words, with `status` and `wait` in seconds. */
export async function signIn(name, password) {
  const answer = await fetch("/v1/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, password }),
  }).catch(() => {
    throw new Error(shellTexts.offline_detail);
  });
  const document = await answer.json().catch(() => ({}));
  if (answer.ok) return document;
  const wait = Number(answer.headers.get("Retry-After"));
  throw Object.assign(new Error(document.detail || shellTexts.problem_title), { status: answer.status, wait });
}

/** Ends it. */
export async function signOut() {
  const answer = await fetch("/v1/session", { method: "DELETE", headers: csrfHeader() });
  if (!answer.ok && answer.status !== 401) return;
  sessionStorage.clear(); // texts that were not stored yet
  location.assign("/sign-in");
}

let asking = null;

/** Lets a person whose session has ended sign in without leaving the page; whether they did. */
export function signInAgain() {
  asking ??= ask().finally(() => {
    asking = null;
  });
  return asking;
}

async function ask() {
  const dialog = byId("sign-in-again");
  if (dialog === null) {
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
    return false;
  }
  let done = false;
  const form = byId("again-form");
  form.onsubmit = async (event) => {
    event.preventDefault();
    done = await tryAgain(dialog);
    if (done) dialog.close();
  };
  dialog.showModal();
  await new Promise((resolve) => {
    dialog.addEventListener("close", resolve, { once: true });
  });
  return done;
}

async function tryAgain(dialog) {
  const error = byId("again-error");
  error.hidden = true;
  try {
    const session = await signIn(byId("again-name").value, byId("again-password").value);
    if (session.id !== dialog.dataset.who) location.reload(); // the page is another person's
    token.content = session.csrf;
    return true;
  } catch (problem) {
    error.textContent = problem.message;
    error.hidden = false;
    return false;
  } finally {
    byId("again-password").value = "";
  }
}
