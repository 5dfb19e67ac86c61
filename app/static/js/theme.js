// Runs before the first paint: on a computer that never chose a theme, the page follows the system's.
(() => {
  const page = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    if (page.hasAttribute("data-follow-system")) page.dataset.bsTheme = system.matches ? "dark" : "light";
  };
  follow();
  system.addEventListener("change", follow);
})();
