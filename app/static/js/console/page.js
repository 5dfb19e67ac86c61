// What the server wrote into the page: settings and sentences in the reader's language (never inline scripts).

const main = document.querySelector("[data-page]");
export const page = JSON.parse(main.dataset.page);
export const csrf = document.querySelector('meta[name="csrf-token"]')?.content ?? "";

/** The sentence `key`, with %(name)s filled in. */
export function t(key, values = {}) {
  const text = page.sentences[key] ?? key;
  return text.replace(/%\((\w+)\)s/g, (_, name) => String(values[name] ?? ""));
}

/** A code of docs/codes.md in one sentence. */
export const sentenceOf = (code) => `${page.codes[code] ?? t("failed")} (${code})`;

export const byId = (id) => document.getElementById(id);

/** 482 913: codes as people read them aloud. */
export const spaced = (digits) => digits.replace(/(\d{3})(?=\d)/g, "$1 ");

export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** An icon of the page's own store (`<template id="icon-…">`), as an element. */
export function icon(name) {
  return byId(`icon-${name}`).content.firstElementChild.cloneNode(true);
}

export const socketUrl = `${location.origin.replace(/^http/, "ws")}/signal`;
