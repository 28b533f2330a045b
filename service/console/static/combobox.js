// An input with suggestions: type, choose with the arrow keys or the mouse, Enter.

const MOST = 8;

/**
 * @param input with role=combobox, and a list of role=listbox in its aria-controls.
 * @param find what fits the typed text: `[{code, name, hint}]`.
 * @param choose called with what was chosen.
 */
export function combobox(input, find, choose) {
  const list = document.getElementById(input.getAttribute("aria-controls"));
  let found = [];
  let at = -1;

  function show() {
    found = find(input.value.trim()).slice(0, MOST);
    at = input.value.trim() && found.length ? 0 : -1;
    list.replaceChildren(...found.map(option));
    open(found.length > 0);
  }

  function option(one, n) {
    const item = document.createElement("li");
    item.id = `${list.id}-${n}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(n === at));
    item.append(one.name);
    if (one.hint) {
      const hint = document.createElement("span");
      hint.className = "quiet";
      hint.textContent = one.hint;
      item.append(" ", hint);
    }
    item.addEventListener("mousedown", (event) => {
      event.preventDefault(); // the input keeps the focus
      take(n);
    });
    return item;
  }

  function open(wanted) {
    list.hidden = !wanted;
    input.setAttribute("aria-expanded", String(wanted));
    point();
  }

  function point() {
    Array.from(list.children).forEach((item, n) => item.setAttribute("aria-selected", String(n === at)));
    if (at < 0 || list.hidden) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", list.children[at].id);
      list.children[at].scrollIntoView({ block: "nearest" });
    }
  }

  function take(n) {
    open(false);
    choose(found[n]);
  }

  input.addEventListener("input", show);
  input.addEventListener("focus", show);
  input.addEventListener("blur", () => open(false));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) show();
      else at = (at + (event.key === "ArrowDown" ? 1 : -1) + found.length) % Math.max(found.length, 1);
      point();
    } else if (event.key === "Enter" && !list.hidden && at >= 0) {
      event.preventDefault();
      take(at);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      open(false);
    }
  });
}
