// What the agent types, as key symbols. Keys that the input method takes for itself come as composed text,
// so a hidden text field has the focus, not noVNC's canvas; each character of the text is one symbol
// (0x01000000 + code point), pressed and released, whatever the customer's own keyboard can do.

import Keyboard from "../../vendor/novnc/core/input/keyboard.js";
import { KEYS, difference, growsByLetters, symbolOf } from "./symbols.js";

/** Their effect is in the symbols already: sending both would do it twice. */
const LOCKS = new Set([0xffe5, 0xff7f, 0xff14]);
/** Something to delete, because a phone's backspace says nothing in an empty field. */
const FILLING = "\u200b\u200b";
const PASTE_MS = 150;

export class Typing {
  /**
   * `send(symbol, isDown)` presses and releases. `paste(text)` is asked when the agent pastes; it tells whether
   * the text was new to the customer's side. `shortcut(letter)` is asked at Ctrl+Alt+letter; true takes the key.
   */
  constructor(field, { send, paste, shortcut }) {
    Object.assign(this, { field, send, paste, shortcut });
    this.composed = "";
    this.isComposing = false;
    this.keyboard = new Keyboard(field);
    this.keyboard.onkeyevent = (symbol, _code, isDown) => {
      if (symbol && !LOCKS.has(symbol)) this.send(symbol, isDown);
    };
    const capture = { capture: true };
    field.addEventListener("keydown", (event) => this.filter(event), capture);
    field.addEventListener("keyup", (event) => { if (this.isTaken(event)) event.stopImmediatePropagation(); }, capture);
    field.addEventListener("compositionstart", () => { this.isComposing = true; this.composed = ""; });
    field.addEventListener("compositionupdate", (event) => this.compose(event.data));
    field.addEventListener("compositionend", (event) => this.commit(event.data));
    field.addEventListener("beforeinput", (event) => this.before(event));
    field.addEventListener("input", () => { if (!this.isComposing) this.empty(); });
    field.addEventListener("paste", (event) => this.pasted(event));
    field.addEventListener("blur", () => this.release());
    this.empty();
    this.keyboard.grab();
  }

  /** Text as if it had been typed. */
  type(text) {
    for (const character of text.replace(/\r\n/g, "\n")) {
      const symbol = symbolOf(character);
      if (symbol !== null) this.press([symbol]);
    }
  }

  /** Press these one after the other and release them backwards. */
  press(symbols) {
    for (const symbol of symbols) this.send(symbol, true);
    for (const symbol of [...symbols].reverse()) this.send(symbol, false);
  }

  /** All keys up. */
  release() {
    this.keyboard.ungrab();
    this.keyboard.grab();
  }

  isTaken(event) {
    return event.isComposing || event.keyCode === 229 || event.key === "Process";
  }

  filter(event) {
    if (event.ctrlKey && event.altKey && event.code.startsWith("Key") && this.shortcut(event.code.slice(3))) {
      event.preventDefault();
      event.stopImmediatePropagation();
      this.release();  // Ctrl and Alt have gone out already
      return;
    }
    // Android names no key: what it typed comes as input.
    const isNameless = event.key === "Unidentified" || event.key === "";
    const pastes = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "v";
    if (this.isTaken(event) || isNameless || (pastes && !event.repeat)) event.stopImmediatePropagation();
  }

  compose(text) {
    if (growsByLetters(text) && growsByLetters(this.composed)) this.grow(text);
  }

  commit(text) {
    this.isComposing = false;
    this.grow(text);
    this.composed = "";
    // The next syllable may begin in this very moment; the field is left alone then.
    setTimeout(() => { if (!this.isComposing) this.empty(); });
  }

  grow(text) {
    const { back, text: added } = difference(this.composed, text);
    for (let n = 0; n < back; n += 1) this.press([KEYS.backspace]);
    this.type(added);
    this.composed = text;
  }

  /** Text that came without keys: a phone's keyboard, an emoji picker, dictation. */
  before(event) {
    if (this.isComposing || event.isComposing || event.inputType === "insertCompositionText") return;
    if (event.inputType === "insertFromPaste" || event.inputType === "insertFromDrop") {
      event.preventDefault();
    } else if (event.inputType.startsWith("insert")) {
      event.preventDefault();
      this.type(event.data ?? (event.inputType === "insertLineBreak" ? "\n" : ""));
    } else if (event.inputType.startsWith("deleteContentBackward")) {
      event.preventDefault();
      this.press([KEYS.backspace]);
    } else if (event.inputType.startsWith("delete")) {
      event.preventDefault();
    }
  }

  /** Ctrl+V: first the copied text, then, when it has had the time to arrive, the keys. */
  pasted(event) {
    event.preventDefault();
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const isNew = this.paste(text);
    setTimeout(() => this.press([KEYS.control, 0x76]), isNew ? PASTE_MS : 0);
  }

  empty() {
    if (this.field.value !== FILLING) this.field.value = FILLING;
    this.field.setSelectionRange(FILLING.length, FILLING.length);
  }
}
