// The page 分拨台: paste, Ctrl+Enter, read.

import { Problem, requestRoute, taxonomy } from "./api.js";
import { codePoints } from "./evidence.js";
import { copy, plainText } from "./plain.js";
import { fill, texts } from "./texts.js";
import { byId, levelName, showBackground, showProblem, showRoute, showState, summary } from "./view.js";

const box = byId("text");
const limit = Number(box.dataset.limit);

/** The route on the page and the text that it belongs to. */
let shown = null;
let running = null;
/** Whether the last message did not arrive. */
let unsent = false;

async function submit() {
  const text = box.value;
  if (running) running.abort();
  const request = new AbortController();
  running = request;
  unsent = false;
  setBusy(true);
  try {
    const route = await requestRoute(text, request.signal);
    if (running === request) show(route, text);
  } catch (error) {
    if (running === request) fail(error);
  } finally {
    if (running === request) {
      running = null;
      setBusy(false);
    }
  }
}

function show(route, text) {
  shown = { route, text };
  showRoute(route, text);
  markStale();
  byId("status").textContent = summary(route);
  bringIntoView();
  addBackground(shown);
}

async function addBackground(current) {
  try {
    const known = await taxonomy();
    if (shown === current) showBackground(current.route, known);
    current.level = levelName(current.route, known);
  } catch (error) {
    if (!(error instanceof Problem)) throw error; // the route stands without definitions
  }
}

function fail(error) {
  if (!(error instanceof Problem)) throw error;
  shown = null;
  unsent = error.status === 0;
  byId("status").textContent = "";
  showProblem(error);
  bringIntoView();
}

function clear() {
  if (running) running.abort();
  running = null;
  unsent = false;
  shown = null;
  box.value = "";
  byId("status").textContent = "";
  setBusy(false);
  showState("empty");
  updateCounter();
  box.focus();
}

function setBusy(busy) {
  byId("submit").setAttribute("aria-disabled", String(busy));
  byId("submit-label").textContent = busy ? texts.busy : texts.submit;
  byId("result").setAttribute("aria-busy", String(busy));
}

function updateCounter() {
  const n = codePoints(box.value).length;
  const over = n > limit;
  byId("counter").textContent = fill(over ? texts.counter_over : texts.counter, { n, limit });
  byId("counter").classList.toggle("over", over);
}

function markStale() {
  byId("stale").hidden = shown === null || box.value === shown.text;
}

/** On narrow screens the result lies below the box. */
function bringIntoView() {
  const result = byId("result");
  if (result.getBoundingClientRect().top > window.innerHeight * 0.6) result.scrollIntoView();
}

async function copyWith(button, text) {
  const message = (await copy(text)) ? texts.copied : texts.copy_failed;
  byId("status").textContent = message;
  button.textContent = message;
  setTimeout(() => {
    button.textContent = button.dataset.label;
  }, 1500);
}

function toggleDuty() {
  const duty = byId("duty");
  duty.hidden = !duty.hidden;
  byId("duty-button").setAttribute("aria-expanded", String(!duty.hidden));
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!running) submit();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
    event.preventDefault();
    submit();
  }
  if (event.key === "Escape") byId("definition-button").blur();
});
box.addEventListener("input", () => {
  updateCounter();
  markStale();
});
document.addEventListener("connection-back", () => {
  if (unsent && !running) submit();
});
byId("clear").addEventListener("click", clear);
byId("retry").addEventListener("click", submit);
byId("duty-button").addEventListener("click", toggleDuty);
byId("copy-text").addEventListener("click", (event) => {
  copyWith(event.currentTarget, plainText(shown.route, shown.level));
});
byId("copy-json").addEventListener("click", (event) => {
  copyWith(event.currentTarget, JSON.stringify(shown.route, null, 2));
});
document.querySelectorAll("[data-example]").forEach((button) => {
  button.addEventListener("click", () => {
    box.value = button.dataset.example;
    updateCounter();
    submit();
  });
});
updateCounter();
