// 三事清单: the workbook for a meeting.

import { csrfHeader } from "./session.js";
import { notice } from "./notices.js";
import { texts } from "./texts.js";

const byId = (id) => document.getElementById(id);

async function exportBook(event) {
  event.preventDefault();
  const button = byId("export-button");
  button.disabled = true;
  byId("export-told").replaceChildren();
  try {
    const body = new URLSearchParams([...new FormData(byId("filters")), ...new FormData(event.target)]);
    const answer = await fetch(event.target.action, { method: "POST", body, headers: { ...csrfHeader(), "HX-Request": "true" } });
    if (answer.ok) await save(answer);
    else tell(await answer.text());
  } catch {
    notice(texts.export_failed, { kind: "alarm" });
  } finally {
    button.disabled = false;
  }
}

async function save(answer) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = decodeURIComponent(answer.headers.get("Content-Disposition").split("''")[1]);
  link.click();
  URL.revokeObjectURL(link.href);
  byId("export").close();
  notice(texts.exported);
}

/** The service's own notice; its words are escaped already. */
function tell(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  byId("export-told").replaceChildren(...parsed.body.children);
}

if (byId("export-form")) byId("export-form").addEventListener("submit", exportBook);
