// 批量: uploads a file with its progress; watches over the form that says how it is read; shows progress in the title.

import { texts } from "./texts.js";
import { byId, listenToUploads, Upload } from "./upload.js";

/** What was changed has to be applied before the start: else the file would not be read as the form says. */
function onChange({ target }) {
  const form = target.closest("#reading");
  if (!form) return;
  let changed = false;
  for (const input of form.elements) {
    const isChanged = input.type !== "submit" && input.value !== valueOf(input);
    if (input.closest(".field")) input.closest(".field").classList.toggle("changed", isChanged);
    changed ||= isChanged;
  }
  byId("unapplied").textContent = changed ? texts.unapplied : "";
  if (byId("start")) byId("start").disabled = changed;
}

function valueOf(input) {
  if (input.options === undefined) return input.defaultValue;
  return (Array.from(input.options).find((option) => option.defaultSelected) || input.options[0]).value;
}

/** The title tells how far it is, to whoever works in another tab. */
function showTitle() {
  const job = byId("job");
  if (!job) return;
  const share = byId("progress") && byId("progress").dataset.share;
  const percent = share ? `${Math.floor(share * 100)}% ` : "";
  const rest = document.title.split(" · ").slice(1);
  document.title = [percent + job.dataset.title, ...rest].join(" · ");
}

/** What had the focus may be gone after a change. */
function keepFocus({ detail }) {
  showTitle();
  if (detail.target.id === "job" && document.activeElement === document.body) byId("job-name").focus();
}

const isPolling = (element) => (element.getAttribute("hx-trigger") || "").startsWith("every ");
let failing = false;

/** Nobody is asked while the person has to sign in again. */
function onPoll(event) {
  const asked = byId("sign-in-again");
  if (isPolling(event.target) && asked && asked.open) event.preventDefault();
}

/** What asks every second tells a failure once, and ends when the job is gone. */
function onPolled(event) {
  if (!isPolling(event.target)) return;
  const { status } = event.detail.xhr;
  if (status >= 500 && failing) event.stopPropagation();
  failing = status >= 500;
  if (status === 404) setTimeout(() => event.target.closest("tr, section").remove());
}

if (byId("choose")) {
  const type = "application/octet-stream";
  listenToUploads(new Upload({ path: "/bulk", type, taken: ({ id }) => location.assign(`/bulk/${id}`) }));
}
document.addEventListener("htmx:beforeRequest", onPoll);
document.addEventListener("htmx:beforeSwap", onPolled, true);
document.addEventListener("input", onChange);
document.addEventListener("htmx:afterSettle", keepFocus);
showTitle();
