// Small deeds that every page shares: the theme switch, copy buttons, one press per form.
(() => {
  "use strict";
  const page = document.documentElement;

  const remember = (theme) => {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `barohelp_theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  };
  for (const button of document.querySelectorAll("[data-theme-switch]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      page.removeAttribute("data-follow-system");
      page.dataset.bsTheme = page.dataset.bsTheme === "dark" ? "light" : "dark";
      remember(page.dataset.bsTheme);
    });
  }

  // The clipboard needs https or this machine itself; elsewhere the text is selected for Ctrl+C.
  const select = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    select(source);
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
    } catch {
      return;
    }
    const label = button.querySelector("span");
    const before = label.textContent;
    if (before === button.dataset.done) return;
    label.textContent = button.dataset.done;
    button.classList.add("is-done");
    setTimeout(() => { label.textContent = before; button.classList.remove("is-done"); }, 1600);
  });

  // A search field that hides the lines of a list which do not hold its words; without scripts it is a form.
  for (const field of document.querySelectorAll("[data-filter]")) {
    const lines = () => document.querySelectorAll(field.dataset.filter);
    const filter = () => {
      const words = field.value.trim().toLowerCase();
      for (const line of lines()) line.hidden = !line.dataset.words.toLowerCase().includes(words);
    };
    field.addEventListener("input", filter);
    field.form.addEventListener("submit", (event) => { event.preventDefault(); filter(); });
  }

  // One press sets every choice of a table; what is hidden by the search stays as it is.
  for (const button of document.querySelectorAll("[data-set-all]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      for (const choice of document.querySelectorAll(button.dataset.choices)) {
        if (!choice.closest("[hidden]") && !choice.disabled) choice.value = button.dataset.setAll;
      }
    });
  }

  // A screen that nobody touched is asked for anew when its log-in has ended, so that it shows nothing any more.
  const idle = Number(document.querySelector('meta[name="idle-s"]')?.content);
  if (idle) setTimeout(() => { location.reload(); }, Math.min((idle + 5) * 1000, 2147483647));

  // A list whose lines are dragged into another order by their grips; the buttons do the same by keyboard.
  for (const list of document.querySelectorAll("[data-order]")) {
    let dragged = null;
    document.querySelectorAll("[data-drag-hint]").forEach((hint) => { hint.hidden = false; });
    for (const line of list.querySelectorAll("[data-place]")) {
      const grip = line.querySelector("[data-grip]");
      grip.hidden = false;
      grip.addEventListener("pointerdown", () => { line.draggable = true; });
      grip.addEventListener("pointerup", () => { line.draggable = false; });
      line.addEventListener("dragstart", (event) => {
        dragged = line;
        event.dataTransfer.effectAllowed = "move";
        line.classList.add("is-dragged");
      });
      line.addEventListener("dragover", (event) => {
        if (!dragged) return;
        event.preventDefault();
        const box = line.getBoundingClientRect();
        const before = event.clientY < box.top + box.height / 2;
        if (line !== dragged) list.insertBefore(dragged, before ? line : line.nextSibling);
      });
      line.addEventListener("drop", (event) => event.preventDefault());
      line.addEventListener("dragend", () => {
        dragged = null;
        line.draggable = false;
        line.classList.remove("is-dragged");
        const place = [...list.querySelectorAll("[data-place]")].indexOf(line) + 1;
        const form = line.querySelector("form");
        if (form.elements.position.value === String(place)) return;
        form.elements.position.value = place;
        const deed = document.createElement("input");
        Object.assign(deed, { type: "hidden", name: "deed", value: "place" });
        form.append(deed);
        form.submit();
      });
    }
  }

  // A deed that cannot be undone asks once more; without scripts it is done, as its button says.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-confirm]");
    if (button && !confirm(button.dataset.confirm)) event.preventDefault();
  });

  // A second press while the answer is on its way would be a second deed.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });
})();
