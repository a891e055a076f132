/** Where an artifact lies in its folder or bucket, with forward slashes. */
export function storedName(sha256: string): string {
  return `${sha256.slice(0, 2)}/${sha256}.safetensors`;
}

/** The hash that a name stands for: null for an unfinished write, undefined for what is not Shadowfarm's. */
export function hashOfName(name: string): string | null | undefined {
  const [, group, sha256, rest] = /^([0-9a-f]{2})\/([0-9a-f]{64})\.safetensors(\.[\w-]+)?$/.exec(name) ?? [];
  if (sha256 === undefined || !sha256.startsWith(group as string)) return undefined;
  return rest === undefined ? sha256 : null;
}
