// The theme of every page, set before anything is drawn: what was chosen here, else what the system prefers.
// A classic script on purpose (modules run only after the page was parsed). Pages turn it by `window.theme.turn()`.

"use strict";

(() => {
  const light = matchMedia("(prefers-color-scheme: light)");
  const KEY = "theme";

  const kept = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage is forbidden: the system's preference holds
    }
  };

  const apply = () => {
    const root = document.documentElement;
    root.dataset.theme = kept() ?? (light.matches ? "light" : "dark");
    // what a phone's browser paints around the page
    document.querySelector("meta[name=theme-color]")?.setAttribute("content", getComputedStyle(root).getPropertyValue("--ground").trim());
    document.dispatchEvent(new Event("themechange"));
  };

  light.addEventListener("change", apply);
  apply();

  window.theme = {
    turn() {
      try {
        localStorage.setItem(KEY, document.documentElement.dataset.theme === "light" ? "dark" : "light");
      } catch {
        return;
      }
      apply();
    },
  };
})();
