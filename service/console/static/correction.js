// The form 更正: another matter, department, co-departments or request type, and why.

import { combobox } from "./combobox.js";
import { departmentNamed, departmentsLike } from "./departments.js";
import { fill, texts } from "./texts.js";
import { byId, element } from "./view.js";

const MOST_OTHERS = 10;

/**
 * @param taxonomy gives matters and departments by code.
 * @param onSubmit called with what was corrected and why; `onClose` when the person gives up.
 */
export function correction({ taxonomy, onSubmit, onClose }) {
  const form = byId("correction");
  const department = byId("correction-department");
  const other = byId("correction-co");
  const why = byId("correction-why");
  let known = [];
  let others = [];
  let suggested = null;

  async function open(route, choice) {
    suggested = route;
    form.reset();
    others = route.co_departments.map(({ code, name }) => ({ code, name }));
    showOthers();
    form.hidden = false;
    byId("correct").setAttribute("aria-expanded", "true");
    department.focus();
    form.scrollIntoView({ block: "nearest" });
    const found = await taxonomy();
    known = Array.from(found.departments.values());
    showMatters(found.matters, choice.matter);
    const chosen = choice.department && found.departments.get(choice.department);
    if (chosen && !department.value) department.value = chosen.name;
    // Who was quicker than the taxonomy gets the suggestions now.
    [department, other].filter((box) => box === document.activeElement).forEach((box) => box.dispatchEvent(new Event("input")));
  }

  function close() {
    form.hidden = true;
    byId("correct").setAttribute("aria-expanded", "false");
  }

  function showMatters(matters, chosen) {
    const select = byId("correction-matter");
    while (select.options.length > 1) select.remove(1);
    matters.forEach((matter) => matter.code !== "unclear" && select.add(new Option(matter.name, matter.code)));
    select.value = chosen || "";
  }

  function showOthers() {
    const chosen = others.map(({ code, name }) => {
      const button = element("button", "button small", `${name} ×`);
      button.type = "button";
      button.setAttribute("aria-label", fill(texts.remove, { name }));
      button.addEventListener("click", () => {
        others = others.filter((one) => one.code !== code);
        showOthers();
        other.focus();
      });
      const item = element("li", "", "");
      item.append(button);
      return item;
    });
    byId("correction-co-chosen").replaceChildren(...chosen);
  }

  function find(typed) {
    const first = suggested && suggested.department;
    const likely = first ? [first, ...first.alternatives].map((one) => one.code) : [];
    return departmentsLike(known, typed, likely);
  }

  department.addEventListener("input", () => department.setCustomValidity(""));
  combobox(department, find, (one) => {
    department.value = one.name;
    why.focus();
  });
  combobox(other, find, (one) => {
    other.value = "";
    if (others.length < MOST_OTHERS && !others.some((had) => had.code === one.code)) others = [...others, one];
    showOthers();
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = department.value.trim();
    const found = typed && departmentNamed(known, typed);
    if (typed && !found) {
      department.setCustomValidity(fill(texts.no_department, { name: typed }));
      department.reportValidity();
      return;
    }
    const co = others.map((one) => one.code);
    const same = co.join() === suggested.co_departments.map((one) => one.code).join();
    const matter = byId("correction-matter").value;
    const type = byId("correction-type").value;
    onSubmit({
      why: why.value.trim(),
      ...(matter && { matter }),
      ...(found && { department: found.code }),
      ...(type && { request_type: type }),
      ...(!same && { co_departments: co }),
    });
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    close();
    onClose();
  });
  byId("correction-cancel").addEventListener("click", () => {
    close();
    onClose();
  });
  return { open, close };
}
