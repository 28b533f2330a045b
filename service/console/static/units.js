// The page 目录: the dialog for one record, the tester's keys, the import of a file.

import { connectionLost } from "./connection.js";
import { notice } from "./notices.js";
import { csrfHeader, signInAgain } from "./session.js";
import { shellTexts } from "./shell-texts.js";
import { texts } from "./texts.js";
import { zip } from "./zip.js";

const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

const byId = (id) => document.getElementById(id);
const dialog = byId("edit");

// The dialog.

let opener = null;

function showDialog({ detail }) {
  if (detail.target?.id !== "edit-body") return; // swaps of our own have no target
  if (!dialog.open) {
    opener = { id: document.activeElement?.closest("tr")?.dataset.id };
    dialog.showModal();
  }
  const fields = ['[aria-invalid="true"]', "[data-first]", "input:not([type=hidden])"];
  const first = fields.map((field) => dialog.querySelector(field)).find(Boolean);
  if (first) first.focus();
}

/** What is wrong with a change is told in the dialog: notices lie behind it. */
function tellInDialog({ detail }) {
  const place = dialog.open && dialog.contains(detail.elt) ? dialog.querySelector("[data-problems]") : null;
  const told = detail.xhr.getResponseHeader("HX-Retarget");
  if (place === null || detail.xhr.status < 400 || told !== "#notices") return;
  place.replaceChildren();
  detail.target = place;
}

function showProblem({ detail }) {
  if (detail.target?.matches("[data-problems]")) detail.target.scrollIntoView({ block: "end" });
}

/** The list is new then, and with it the button that had the focus. */
function giveFocusBack({ detail }) {
  if (opener === null || dialog.open || detail.target?.id !== "list") return;
  const row = opener.id === undefined ? null : document.querySelector(`tr[data-id="${CSS.escape(opener.id)}"]`);
  opener = null;
  (row?.querySelector("button") || byId("q")).focus();
}

function isChanged(form) {
  return Array.from(form?.elements || []).some((field) => {
    if (field.options) return Array.from(field.options).some((one) => one.selected !== one.defaultSelected && one.value);
    return field.defaultValue !== undefined && field.type !== "hidden" && field.value !== field.defaultValue;
  });
}

function onCancel(event) {
  if (isChanged(dialog.querySelector("form")) && !window.confirm(texts.discard)) event.preventDefault();
}

function onClick({ target }) {
  const version = target.closest("button")?.dataset.rebase;
  if (version === undefined) return;
  const form = target.closest("form");
  if (form.id === "import-form") {
    check();
    return;
  }
  form.elements.version.value = version;
  form.requestSubmit();
}

function onKey(event) {
  const form = event.target.closest("[data-ctrl-enter]");
  if (!form || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  form.requestSubmit();
}

// The import. What is put in force is what was looked at, even if the file changes on the disk meanwhile.

let upload = null;
let key = "";

async function choose(files) {
  if (!files.length) return;
  try {
    upload = await packed(Array.from(files));
  } catch {
    notice(texts.unreadable, { text: texts.unreadable_text, kind: "alarm" });
    return;
  }
  if (upload === null) notice(texts.wrong_kind, { text: texts.wrong_kind_text, kind: "alarm" });
  else await check(Array.from(files, (file) => file.name).join("、"));
}

/** One workbook or ZIP file as it is, tables as a ZIP file, null for anything else. */
async function packed(files) {
  const read = await Promise.all(
    files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })),
  );
  const ends = (suffix) => read.every((file) => file.name.toLowerCase().endsWith(suffix));
  if (ends(".csv")) return zip(read);
  if (read.length > 1) return null;
  if (ends(".xlsx")) return new Blob([read[0].bytes], { type: XLSX });
  return ends(".zip") ? new Blob([read[0].bytes], { type: "application/zip" }) : null;
}

async function check(names = byId("file-state").textContent) {
  byId("file-state").textContent = texts.checking;
  const answer = await send("/units/import/check");
  byId("file-state").textContent = names;
  if (answer === null) return;
  show(byId("preview"), answer.html);
  byId("preview").focus();
}

async function putInForce(event) {
  const form = event.target;
  if (form.id !== "import-form") return;
  event.preventDefault();
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  key ||= Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const answer = await send("/units/import", {
    "If-Match": `"${form.dataset.version}"`,
    "X-Reason": encodeURIComponent(form.elements.why.value),
    "Idempotency-Key": key,
  });
  button.disabled = false;
  if (answer === null) return;
  key = "";
  show(answer.ok ? byId("preview") : byId("import-problem"), answer.html);
  if (!answer.ok) return;
  byId("file-state").textContent = "";
  byId("preview").focus();
}

/** The answer to the chosen file, null if none came. */
async function send(path, headers = {}) {
  const all = { ...headers, ...csrfHeader(), "HX-Request": "true", "Content-Type": upload.type };
  let answer;
  try {
    answer = await fetch(path, { method: "POST", headers: all, body: upload });
  } catch {
    connectionLost();
    notice(shellTexts.offline_title, { text: shellTexts.offline_detail, kind: "alarm" });
    return null;
  }
  if (answer.status === 401 && (await signInAgain())) return send(path, headers);
  return { ok: answer.ok, html: await answer.text() };
}

function show(place, html) {
  htmx.swap(place, html, { swapStyle: "innerHTML" });
}

function onDrag(event) {
  event.preventDefault();
  byId("drop").classList.toggle("over", event.type === "dragover");
  if (event.type === "drop") choose(event.dataTransfer.files);
}

document.querySelector(".units-tabs [aria-current]").scrollIntoView({ block: "nearest", inline: "nearest" });
document.addEventListener("htmx:afterSwap", showDialog);
document.addEventListener("htmx:beforeSwap", tellInDialog);
document.addEventListener("htmx:afterSettle", showProblem);
document.addEventListener("htmx:afterSettle", giveFocusBack);
document.addEventListener("directory-changed", () => dialog.close());
document.addEventListener("click", onClick);
document.addEventListener("keydown", onKey);
document.addEventListener("submit", putInForce);
dialog.addEventListener("cancel", onCancel);
if (byId("file")) {
  byId("file").addEventListener("change", async (event) => {
    await choose(event.target.files);
    event.target.value = "";
  });
  ["dragover", "dragleave", "drop"].forEach((name) => byId("drop").addEventListener(name, onDrag));
}
