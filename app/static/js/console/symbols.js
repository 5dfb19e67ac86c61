// Key symbols (X11) for characters and special keys, and how composed text grows. Pure.

export const KEYS = {
  backspace: 0xff08, tab: 0xff09, enter: 0xff0d, pause: 0xff13, escape: 0xff1b, home: 0xff50, end: 0xff57,
  pageUp: 0xff55, pageDown: 0xff56, insert: 0xff63, del: 0xffff, print: 0xff61, hangul: 0xff31, hanja: 0xff34,
  shift: 0xffe1, control: 0xffe3, alt: 0xffe9, win: 0xffeb,
};
export const functionKey = (number) => 0xffbd + number;

export const SPECIAL_KEYS = {
  "ctrl-alt-del": [KEYS.control, KEYS.alt, KEYS.del],
  "alt-tab": [KEYS.alt, KEYS.tab],
  "alt-f4": [KEYS.alt, functionKey(4)],
  "ctrl-esc": [KEYS.control, KEYS.escape],
  win: [KEYS.win],
  "win-d": [KEYS.win, 0x64],
  hangul: [KEYS.hangul],
  hanja: [KEYS.hanja],
  esc: [KEYS.escape],
  tab: [KEYS.tab],
  enter: [KEYS.enter],
  backspace: [KEYS.backspace],
  del: [KEYS.del],
  print: [KEYS.print],
  left: [0xff51],
  up: [0xff52],
  right: [0xff53],
  down: [0xff54],
  ...Object.fromEntries([..."acvxzs"].map((letter) => [`ctrl-${letter}`, [KEYS.control, letter.codePointAt(0)]])),
  ...Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`f${at + 1}`, [functionKey(at + 1)]])),
};

export function symbolOf(character) {
  if (character === "\n" || character === "\r") return KEYS.enter;
  if (character === "\t") return KEYS.tab;
  const point = character.codePointAt(0);
  return point < 0x20 ? null : point <= 0xff && (point < 0x7f || point >= 0xa0) ? point : 0x01000000 + point;
}

/** How the text `sent` becomes `now`: so many characters back, then these. */
export function difference(sent, now) {
  const [old, next] = [[...sent], [...now]];
  let same = 0;
  while (same < old.length && same < next.length && old[same] === next[same]) same += 1;
  return { back: old.length - same, text: next.slice(same).join("") };
}

/** Whether text that is still being composed can be sent as it grows: letters yes, syllables only when done. */
export const growsByLetters = (text) => [...text].every((character) => character.codePointAt(0) < 0x1100);
