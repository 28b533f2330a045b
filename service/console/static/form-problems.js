// A form with data-tells shows itself what is wrong with it: beside the field that is meant, else above all fields.
// In an open dialog nobody could read a notice in the corner of the page.

const formOf = (detail) => detail.requestConfig.elt.closest("form[data-tells]");

function forget({ detail }) {
  const form = formOf(detail);
  if (!form) return;
  form.querySelectorAll(".field-error").forEach((error) => error.remove());
  form.querySelectorAll("[aria-invalid]").forEach((input) => {
    input.removeAttribute("aria-invalid");
    describe(input, (ids) => ids.filter((id) => !id.endsWith("-error")));
  });
  form.querySelector("[data-problem]").hidden = true;
}

function onAnswer({ detail }) {
  const form = formOf(detail);
  const { status, responseText } = detail.xhr;
  if (!form || status < 400 || status === 401) return;
  const notice = new DOMParser().parseFromString(responseText, "text/html").querySelector(".notice");
  if (!notice) return;
  detail.shouldSwap = false;
  tell(form, notice);
}

function tell(form, notice) {
  const told = Array.from(notice.querySelectorAll("[data-field]"));
  const left = told.filter((error) => !beside(form, error));
  const placed = told.length - left.length;
  if (placed === 0 || left.length) above(form, notice);
  const first = form.querySelector("[aria-invalid]") || form.querySelector("[data-problem] button");
  if (first) first.focus();
}

function beside(form, error) {
  const name = error.dataset.field.split(/[.[]/)[0];
  const found = form.elements[name];
  const input = found instanceof RadioNodeList ? found[0] : found;
  if (!input || input.type === "hidden") return false;
  const text = document.createElement("p");
  text.className = "field-error";
  text.id = `${input.id || name}-error`;
  text.textContent = error.textContent;
  (input.closest("fieldset, .field") || input).append(text);
  input.setAttribute("aria-invalid", "true");
  describe(input, (ids) => [text.id, ...ids]);
  error.remove();
  return true;
}

function above(form, notice) {
  notice.querySelectorAll("[data-dismisses], ul:empty").forEach((element) => element.remove());
  const box = form.querySelector("[data-problem]");
  box.replaceChildren(...notice.childNodes);
  box.hidden = false;
  box.scrollIntoView({ block: "nearest" });
}

function describe(input, change) {
  const ids = change((input.getAttribute("aria-describedby") || "").split(" ").filter(Boolean));
  if (ids.length) input.setAttribute("aria-describedby", ids.join(" "));
  else input.removeAttribute("aria-describedby");
}

document.addEventListener("htmx:beforeRequest", forget);
document.addEventListener("htmx:beforeSwap", onAnswer);
