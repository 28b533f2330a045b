// The page for signing in.

import { signIn } from "./session.js";
import { fill, texts } from "./texts.js";

const byId = (id) => document.getElementById(id);
const form = byId("form");
const waits = form ? form.dataset.waits.split(" ").map(Number) : [];

/** Failures in a row by name, in this tab alone: the service says of no account that it waits. */
const failures = new Map();
let clock = null;

async function submit() {
  const name = byId("name").value.trim().toLowerCase();
  setBusy(true);
  byId("error").hidden = true;
  try {
    await signIn(byId("name").value, byId("password").value);
    location.assign(form.dataset.next);
  } catch (error) {
    setBusy(false);
    fail(name, error);
  }
}

function fail(name, error) {
  const count = (failures.get(name) || 0) + (error.status === 401 ? 1 : 0);
  failures.set(name, count);
  const wait = error.status === 429 ? error.wait : waits[Math.min(count, waits.length - 1)];
  tell(error.message);
  if (wait && error.status === 429) hold(wait, (time) => fill(texts.crowd, { time }));
  else if (wait && error.status === 401) hold(wait, (time) => fill(texts.wait, { n: count, time }));
  byId("password").value = "";
  byId("password").focus();
}

/** Lets nobody try in vain. What is read out stays as it is; the button counts. */
function hold(seconds, told) {
  clearInterval(clock);
  const end = Date.now() + seconds * 1000;
  tell(told(time(seconds)));
  byId("submit").setAttribute("aria-disabled", "true");
  const show = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    byId("submit").textContent = left > 0 ? fill(texts.waiting, { time: time(left) }) : texts.submit;
    if (left > 0) return;
    byId("error").hidden = true;
    release();
  };
  clock = setInterval(show, 1000);
  show();
}

function release() {
  if (clock === null) return;
  clearInterval(clock);
  clock = null;
  setBusy(false);
}

function time(seconds) {
  const [m, s] = [Math.floor(seconds / 60), seconds % 60];
  return fill(m ? texts.minutes : texts.seconds, { m, s });
}

function tell(text) {
  byId("error").textContent = text;
  byId("error").hidden = false;
}

function setBusy(busy) {
  byId("submit").setAttribute("aria-disabled", String(busy));
  byId("submit").textContent = busy ? texts.busy : texts.submit;
}

function showCaps(event) {
  if (!event.getModifierState) return;
  byId("caps").textContent = event.getModifierState("CapsLock") ? texts.caps : "\u00a0";
}

if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (byId("submit").getAttribute("aria-disabled") !== "true") submit();
  });
  byId("name").addEventListener("input", release); // another name waits for itself
  byId("password").addEventListener("keydown", showCaps);
  byId("password").addEventListener("keyup", showCaps);
}
