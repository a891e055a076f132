import type { TermCounts } from "../../unit.ts";

/** Lines that name who is quoted, or are quoted. */
const quoting = /writes in|writes:|wrote:|says:|said:|^In article|^Quoted from|^\||^>/;
/** A line that is empty or of dashes only, such as the one before a signature. */
const ruling = /^\s*-*\s*$/;
/** Two or more of what Unicode counts as letters, digits or `_` within latin-1, in lower case. */
const words = /[0-9a-z_ª²³µ¹º¼-¾ß-öø-ÿ]{2,}/g;

/**
 * What a person wrote in a newsgroup message, as scikit-learn's `fetch_20newsgroups(remove=("headers", "footers",
 * "quotes"))` defines it. Header: all up to the first empty line, and the whole message when there is none. Footer: from
 * the last line that is empty or of dashes only, unless that is the first line. Quotes: every line that names who is
 * quoted, or starts with `>` or `|`. What is left may be empty.
 */
export function bodyOf(message: string): string {
  return withoutQuotes(withoutFooter(withoutHeader(message)));
}

function withoutHeader(message: string): string {
  const end = message.indexOf("\n\n");
  return end === -1 ? "" : message.slice(end + 2);
}

function withoutFooter(text: string): string {
  const lines = text.trim().split("\n");
  const last = lines.findLastIndex((line) => ruling.test(line));
  return last > 0 ? lines.slice(0, last).join("\n") : text;
}

function withoutQuotes(text: string): string {
  return text
    .split("\n")
    .filter((line) => !quoting.test(line))
    .join("\n");
}

/**
 * How often each text has which terms; a term is a word of at least two characters, in lower case, as scikit-learn's
 * TfidfVectorizer finds them in latin-1 text. Terms are numbered in the order of their characters' codes.
 */
export function countTerms(texts: readonly string[]): { counts: TermCounts; dictionary: string[] } {
  const seen = new Map<string, number>();
  const found = texts.map((text) => countsIn(text, seen));
  const dictionary = [...seen.keys()].sort();
  const numbers = new Uint32Array(seen.size);
  dictionary.forEach((term, number) => {
    numbers[seen.get(term) as number] = number;
  });

  const offsets = new Uint32Array(texts.length + 1);
  found.forEach((counts, record) => {
    offsets[record + 1] = (offsets[record] as number) + counts.size;
  });
  const total = offsets[texts.length] as number;
  const counts: TermCounts = {
    offsets,
    terms: new Uint32Array(total),
    counts: new Uint32Array(total),
    distinct: dictionary.length,
  };
  found.forEach((ofRecord, record) => {
    const sorted = [...ofRecord]
      .map(([id, times]) => [numbers[id] as number, times] as const)
      .sort(([a], [b]) => a - b);
    sorted.forEach(([term, times], at) => {
      counts.terms[(offsets[record] as number) + at] = term;
      counts.counts[(offsets[record] as number) + at] = times;
    });
  });
  return { counts, dictionary };
}

/** How often each term is in the text, by the order in which terms were first seen. */
function countsIn(text: string, seen: Map<string, number>): Map<number, number> {
  const counts = new Map<number, number>();
  for (const term of text.toLowerCase().match(words) ?? []) {
    let id = seen.get(term);
    if (id === undefined) {
      id = seen.size;
      seen.set(term, id);
    }
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}
