import { hash } from "node:crypto";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Texts of objects that are met often and never changed, so that each is written out once. */
export type KnownTexts = WeakMap<object, string>;

/** The text of an object that is met often; the first time, it is written out. */
export function remember(value: object, known: KnownTexts): string {
  const text = known.get(value) ?? canonicalJson(value);
  known.set(value, text);
  return text;
}

const PLAIN_TEXT = /^[\w /.:-]*$/;

/**
 * JSON with object keys sorted and `undefined` members left out, so that equal values give equal text.
 *
 * @throws {TypeError} for a number that is not finite, or a value that JSON cannot hold.
 */
export function canonicalJson(value: unknown, known?: KnownTexts): string {
  // Most texts are keys and names, which are written as they are.
  if (typeof value === "string" && PLAIN_TEXT.test(value)) return `"${value}"`;
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`${value} has no canonical JSON`);
    return JSON.stringify(value);
  }
  // Not value.map, which passes over holes.
  if (Array.isArray(value)) return `[${Array.from(value, (item) => canonicalJson(item, known)).join(",")}]`;
  if (typeof value === "object") {
    const before = known?.get(value);
    if (before !== undefined) return before;
    // A Date or a Map would pass as an object without members, and all of them get one fingerprint.
    if (!isPlain(value)) throw new TypeError(`a ${value.constructor?.name ?? "class instance"} has no canonical JSON`);
    // One string that grows: this runs some twenty times for each of a plan's hundred thousand jobs.
    let members = "";
    for (const name of Object.keys(value).sort()) {
      const member = (value as Record<string, unknown>)[name];
      if (member === undefined) continue;
      members += `${members === "" ? "" : ","}${canonicalJson(name)}:${canonicalJson(member, known)}`;
    }
    return `{${members}}`;
  }
  throw new TypeError(`a ${typeof value} has no canonical JSON`);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // The prototype of a plain object has none itself, whichever realm it comes from.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** SHA-256 of a text (UTF-8) or of bytes, as 64 hexadecimal digits. */
export function sha256Hex(value: string | Uint8Array): string {
  return hash("sha256", value);
}

/** The fingerprint of a JSON value: 40 hexadecimal digits of the SHA-256 of its canonical form. */
export function fingerprint(value: unknown, known?: KnownTexts): string {
  return sha256Hex(canonicalJson(value, known)).slice(0, 40);
}
