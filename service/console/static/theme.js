// Light or dark, set before anything is painted: as the person chose, otherwise as the system is.

(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");

  function show() {
    const chosen = localStorage.getItem("theme") || "auto";
    const automatic = system.matches ? "dark" : "light";
    document.documentElement.dataset.theme = chosen === "auto" ? automatic : chosen;
    document.dispatchEvent(new Event("theme-shown"));
  }

  show();
  system.addEventListener("change", show);
  window.addEventListener("storage", show);
  document.addEventListener("theme-chosen", show);
})();
