// Keys: what has data-key is clicked by it, `?` lists the keys, Escape closes the menu.

const SINGLE = "single-keys";
const TYPING = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";

const byId = (id) => document.getElementById(id);
const areOn = () => localStorage.getItem(SINGLE) !== "off";

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape") closeMenu();
  if (!areOn() || event.target.closest(TYPING) || document.querySelector("dialog[open]")) return;
  const found = event.key === "?" ? null : elementOf(event.key);
  if (event.key === "?") byId("keys").showModal();
  if (found) found.click();
  if (event.key === "?" || found) event.preventDefault();
}

function elementOf(key) {
  const all = document.querySelectorAll(`[data-key="${CSS.escape(key.toLowerCase())}"]`);
  return Array.from(all).find((element) => element.offsetParent !== null && !element.disabled);
}

function closeMenu() {
  const menu = byId("user-menu");
  if (!menu || !menu.open) return;
  menu.open = false;
  menu.querySelector("summary").focus();
}

document.addEventListener("keydown", onKey);
byId("keys-single").checked = areOn();
byId("keys-single").addEventListener("change", (event) => {
  localStorage.setItem(SINGLE, event.target.checked ? "on" : "off");
});
