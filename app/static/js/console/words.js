// The six words by which two people compare their keys over the phone; the lists are wire/words_*.py.

import { page } from "./page.js";

const lists = new Map();

/** The words with these numbers, in Korean or English. */
export async function wordsOf(language, numbers) {
  if (!lists.has(language)) lists.set(language, await load(language));
  return numbers.map((number) => lists.get(language)[number]);
}

async function load(language) {
  const answer = await fetch(page.words_urls[language]);
  const words = answer.ok ? await answer.json() : [];
  if (words.length !== 2048) throw new Error("the list of words did not come");
  return words;
}
