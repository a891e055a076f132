import { randomBytes } from "node:crypto";
import { InvalidInput, NotFound } from "@shadowfarm/core/errors";
import { sha256Hex } from "@shadowfarm/core/fingerprint";
import type { Role } from "@shadowfarm/core/role";
import type { Store } from "./client.ts";

/** A token as it is kept: what it is, but not the token. */
export interface TokenRow {
  name: string;
  role: Role;
  createdAt: Date;
  revokedAt: Date | null;
}

/**
 * Makes a token of 256 random bits, which is returned and kept nowhere: a fast hash does, since nobody can guess it.
 *
 * @throws {InvalidInput} when there is one of that name.
 */
export async function createToken(store: Store, name: string, role: Role): Promise<string> {
  const token = `shadowfarm_${randomBytes(32).toString("base64url")}`;
  const { count } = await store.db.apiToken.createMany({
    data: [{ name, role, sha256: sha256Hex(token) }],
    skipDuplicates: true,
  });
  if (count === 0)
    throw new InvalidInput(`there is a token "${name}" already, perhaps a revoked one; use another name`);
  return token;
}

/** By name; revoked ones too. */
export async function listTokens(store: Store): Promise<TokenRow[]> {
  return store.db.apiToken.findMany({ omit: { sha256: true }, orderBy: { name: "asc" } });
}

/** @throws {NotFound} when there is no token of that name, or it is revoked already. */
export async function revokeToken(store: Store, name: string): Promise<void> {
  const { count } = await store.db.apiToken.updateMany({
    where: { name, revokedAt: null },
    data: { revokedAt: new Date() },
  });
  if (count === 0) throw new NotFound(`there is no token "${name}" that could be revoked; shadowfarm tokens list`);
}

/** Whose token it is; null for one that is unknown or revoked. */
export async function holderOf(store: Store, token: string): Promise<{ name: string; role: Role } | null> {
  // Looked up by its hash, so that the time this takes says nothing about a token.
  return store.db.apiToken.findFirst({
    where: { sha256: sha256Hex(token), revokedAt: null },
    select: { name: true, role: true },
  });
}

/** One request that was to change something. */
export interface AuditRow {
  id: number;
  at: Date;
  token: string;
  method: string;
  path: string;
  status: number;
  body: string;
}

export async function recordAudit(store: Store, entry: Omit<AuditRow, "id" | "at">): Promise<void> {
  await store.db.auditEntry.create({ data: entry });
}

/** Newest first. */
export async function pageOfAudit(
  store: Store,
  limit: number,
  before: number | null,
): Promise<{ entries: AuditRow[]; next: number | null }> {
  const found = await store.db.auditEntry.findMany({
    where: before === null ? {} : { id: { lt: before } },
    orderBy: { id: "desc" },
    take: limit + 1,
  });
  const entries = found.slice(0, limit).map((entry) => ({ ...entry, id: Number(entry.id) }));
  return { entries, next: found.length > limit ? (entries.at(-1)?.id ?? null) : null };
}
