// What every page does: theme, menu, dialogs, notices, and what becomes of htmx's requests.

import { newKey } from "./api.js";
import { connectionLost } from "./connection.js";
import "./keys.js";
import { notice, showNotices } from "./notices.js";
import { csrfHeader, signInAgain, signOut } from "./session.js";
import { shellTexts } from "./shell-texts.js";
import { fill } from "./texts.js";

const byId = (id) => document.getElementById(id);

/** Requests that did not arrive, by element. */
const unsent = new Map();
/** Requests for which nobody was signed in, by element. */
const unsigned = new Map();

function onClick(event) {
  const menu = byId("user-menu");
  if (menu && menu.open && !menu.contains(event.target)) menu.open = false;
  const button = event.target.closest("button");
  if (!button) return;
  const data = button.dataset;
  if (data.opens !== undefined) openDialog(byId(data.opens));
  if (data.closes !== undefined) button.closest("dialog").close();
  if (data.dismisses !== undefined) button.closest(".notice").remove();
  if (data.reloads !== undefined) location.reload();
}

function openDialog(dialog) {
  const menu = byId("user-menu");
  if (menu) menu.open = false;
  dialog.showModal();
}

function showTheme() {
  const chosen = localStorage.getItem("theme") || "auto";
  byId("theme").querySelectorAll("input").forEach((input) => {
    input.checked = input.value === chosen;
  });
}

/** On phones the navigation is wider than the screen. */
function showPlace() {
  const current = document.querySelector(".shell-nav [aria-current]");
  if (current) current.closest("nav").scrollLeft = current.offsetLeft - window.innerWidth / 2;
}

function chooseTheme(event) {
  localStorage.setItem("theme", event.target.value);
  document.dispatchEvent(new Event("theme-chosen"));
}

/** Forms whose fields may stand in the address; the browser itself sends none. */
function onSubmit(event) {
  const form = event.target;
  if (form.dataset.goes === undefined) return;
  event.preventDefault();
  location.assign(`${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`);
}

function configure({ detail }) {
  Object.assign(detail.headers, csrfHeader());
  if (detail.verb !== "get") detail.headers["Idempotency-Key"] ??= newKey();
}

/** Problems come as a notice; whoever is not signed in any more is asked to, and keeps what was typed. */
function onAnswer({ detail }) {
  const { status } = detail.xhr;
  if (status < 400) return;
  if (status === 401) {
    unsigned.set(detail.elt, detail.requestConfig);
    signInAgain().then((done) => goOn(unsigned, done, () => notice(shellTexts.signed_in)));
  } else if (detail.xhr.getResponseHeader("HX-Retarget")) {
    detail.shouldSwap = true;
    showNotices();
  } else {
    notice(shellTexts.problem_title, { text: fill(shellTexts.problem_detail, { status }), kind: "alarm" });
  }
}

function onLost({ detail }) {
  unsent.set(detail.elt, detail.requestConfig);
  connectionLost();
}

function onBack() {
  goOn(unsent, true, () => notice(shellTexts.online, { text: shellTexts.unsure, kind: "look" }));
}

/**
 * What only reads is sent again, and what has data-repeatable: its handler does the same thing once.
 *
 * @param failed requests by element; emptied. @param may whether they can be sent. @param tell called if others are left.
 */
function goOn(failed, may, tell) {
  const found = Array.from(failed.entries()).filter(([element]) => may && element.isConnected);
  failed.clear();
  const isSafe = ([element, { verb }]) => verb === "get" || element.matches("[data-repeatable]");
  found.filter(isSafe).forEach(([element, { verb, path, headers }]) => {
    const key = headers["Idempotency-Key"];
    htmx.ajax(verb, path, { source: element, headers: key ? { "Idempotency-Key": key } : {} });
  });
  if (!found.every(isSafe)) tell();
}

document.addEventListener("click", onClick);
document.addEventListener("submit", onSubmit);
document.addEventListener("htmx:configRequest", configure);
document.addEventListener("htmx:beforeSwap", onAnswer);
document.addEventListener("htmx:sendError", onLost);
document.addEventListener("htmx:timeout", onLost);
document.addEventListener("connection-back", onBack);
document.addEventListener("notice", ({ detail }) => notice(detail.text, { kind: detail.kind }));
byId("theme").addEventListener("change", chooseTheme);
document.addEventListener("theme-shown", showTheme);
showTheme();
showPlace();
if (byId("sign-out")) byId("sign-out").addEventListener("click", signOut);
