// The panels that open under (on phones: over) the bar: one at a time, by button, closed by Escape.

export class Sheets {
  constructor() {
    this.opened = null;
    for (const button of document.querySelectorAll("[data-sheet]")) {
      button.addEventListener("click", () => this.toggle(button));
    }
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.opened !== null && document.activeElement?.id !== "cv-keys") {
        const button = this.opened;
        this.close();
        button.focus();
      }
    });
  }

  toggle(button) {
    const wasOpen = this.opened === button;
    this.close();
    if (wasOpen) return;
    const sheet = document.getElementById(button.dataset.sheet);
    sheet.hidden = false;
    button.setAttribute("aria-expanded", "true");
    this.opened = button;
    this.place(button, sheet);
    sheet.querySelector("[aria-checked=true], textarea, button, input")?.focus({ preventScroll: true });
  }

  /** Under its button, inside the window; on narrow windows above the bar, which is at the lower edge. */
  place(button, sheet) {
    const from = button.getBoundingClientRect();
    const bar = button.closest("[role=toolbar]").getBoundingClientRect();
    sheet.style.bottom = `${innerHeight - bar.top + 8}px`;
    const left = Math.max(8, Math.min(from.left, innerWidth - sheet.offsetWidth - 8));
    sheet.style.left = `${left}px`;
    sheet.style.top = `${from.bottom + 6}px`;
  }

  close() {
    if (this.opened === null) return;
    document.getElementById(this.opened.dataset.sheet).hidden = true;
    this.opened.setAttribute("aria-expanded", "false");
    this.opened = null;
  }
}
