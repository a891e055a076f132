/** Makes a text fit to be shown: what is secret in it is replaced. */
export type Hide = (text: string) => string;

const HIDDEN = "***";
/** A password between the scheme and the last `@` of what may be an address. */
const URL_PASSWORD = /([a-z][a-z\d+.-]*:\/\/[^\s:@/"'`]*):[^\s"'`<>,]*@/gi;
const QUERY_PASSWORD = /([?&]\w*password=)[^&\s"'`<>,]*/gi;
/** A shorter one would be found in half the words. */
const SHORTEST = 4;

/**
 * Hides the passwords of whatever looks like an address, and wherever they stand, also alone, those of these.
 *
 * @param addresses such as DATABASE_URL; null where it is not set. They need not be well-formed.
 * @param others what is to be hidden as it is, such as a key of S3
 */
export function hiderOf(
  addresses: readonly (string | null | undefined)[],
  others: readonly (string | null | undefined)[] = [],
): Hide {
  const known = [...addresses.flatMap((address) => passwordsOf(address ?? "")), ...others.flatMap(formsOf)];
  const secrets = [...new Set(known)].filter((secret) => secret.length >= SHORTEST).sort((a, b) => b.length - a.length);
  return (text) => {
    let shown = text.replace(URL_PASSWORD, `$1:${HIDDEN}@`).replace(QUERY_PASSWORD, `$1${HIDDEN}`);
    for (const secret of secrets) shown = shown.replaceAll(secret, HIDDEN);
    return shown;
  };
}

/** Each password as it is written in the address, and as it is. */
function passwordsOf(address: string): string[] {
  const [, inside] = /:\/\/[^:@/]*:(.*)@/s.exec(address) ?? [];
  const [, asked] = /[?&]\w*password=([^&]*)/i.exec(address) ?? [];
  return [inside, asked].flatMap((written) => {
    if (!written) return [];
    return [written, decoded(written)].flatMap(formsOf);
  });
}

/** As it is, and as JSON would write it. */
function formsOf(secret: string | null | undefined): string[] {
  return secret ? [secret, JSON.stringify(secret).slice(1, -1)] : [];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
