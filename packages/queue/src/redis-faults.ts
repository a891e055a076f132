import { EnvironmentFault } from "@shadowfarm/core/errors";
import type { RedisAddress } from "@shadowfarm/core/redis-address";

type Cause = Error & { code?: string };

/** What ioredis and Redis say, what it means, and what to do. The first that matches holds. */
const MEANINGS: readonly [pattern: RegExp, meaning: (address: RedisAddress, prefix: string) => string][] = [
  [
    /WRONGPASS|ERR invalid password/,
    ({ username }) => `the password${username ? ` of user "${username}"` : ""} is refused; correct it in REDIS_URL`,
  ],
  [/NOAUTH/, () => "a password is asked for; put it into REDIS_URL, as in redis://:PASSWORD@host"],
  [
    /NOPERM/,
    ({ username = "default" }, prefix) =>
      `user "${username}" lacks a permission; grant it: ACL SETUSER ${username} ~{${prefix}}:* &* +@all -@admin -@dangerous +info`,
  ],
  [/READONLY/, () => "it is a read-only replica; name its master in REDIS_URL, or the sentinels (redis+sentinel://)"],
  [/\bOOM\b/, () => "its memory is full; raise maxmemory"],
  [/MISCONF/, () => "it cannot save to its disk and refuses writes; mend that, or turn its snapshots off"],
  [
    /unknown command.*sentinel/i,
    () => "it is no sentinel; name sentinels in REDIS_URL (port 26379), or write redis://",
  ],
  [
    /DB index is out of range|invalid DB index|SELECT is not allowed/,
    ({ db }) => `it has no database ${db}; correct /${db} at the end of REDIS_URL`,
  ],
  [/RESP type|Protocol error/, () => "it is no Redis; correct the host or the port in REDIS_URL"],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID/,
    () =>
      "its certificate is made out to another name; use that name in REDIS_URL, or have a certificate made for this one",
  ],
  [
    /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/,
    () =>
      "its certificate is of an unknown authority; name the authority's file in REDIS_URL, as in rediss://host?ca=FILE, or in NODE_EXTRA_CA_CERTS",
  ],
  [/CERT_HAS_EXPIRED/, () => "its certificate has expired; renew it"],
  [
    /certificate required/i,
    () => "it asks for a client certificate; name one in REDIS_URL, as in rediss://host?cert=FILE&key=FILE",
  ],
  [
    /EPROTO|wrong version number|before secure TLS connection/,
    () => "it seems not to speak TLS; write redis:// instead of rediss:// in REDIS_URL, or correct the port",
  ],
  [/ENOTFOUND|EAI_AGAIN/, () => "there is no such host; correct it in REDIS_URL"],
  [/ECONNREFUSED/, () => "nothing listens there; start Redis, or correct the host or the port in REDIS_URL"],
  [
    /ECONNRESET|EPIPE|Connection is closed/,
    ({ tls }) =>
      tls
        ? "it ended the connection; if it asks for a client certificate, name one in REDIS_URL: rediss://host?cert=FILE&key=FILE"
        : "it ended the connection; if it speaks TLS alone, write rediss:// instead of redis:// in REDIS_URL",
  ],
  [
    /ETIMEDOUT|did not answer/,
    ({ tls }) =>
      tls
        ? "there is no answer; if it does not speak TLS, write redis:// instead of rediss:// in REDIS_URL"
        : "there is no answer; correct the host or the port in REDIS_URL, or let the firewall pass it",
  ],
];

/** The error for a person: which Redis, what is wrong with it, and the remedy. Never the password. */
export function redisFault(cause: Cause, address: RedisAddress, prefix: string): EnvironmentFault {
  const said = [cause.code, cause.message].filter(Boolean).join(" ");
  const meaning = MEANINGS.find(([pattern]) => pattern.test(said))?.[1];
  const what = meaning?.(address, prefix) ?? "start Redis, or correct REDIS_URL";
  return new EnvironmentFault(
    `the queue at REDIS_URL cannot be reached: ${nameOf(address)}: ${what} (${cause.message.split("\n")[0]}); or unset REDIS_URL to keep the queue in Postgres`,
    { cause, retryable: /ECONN|ETIMEDOUT|EPIPE|closed|did not answer|EAI_AGAIN/.test(said) },
  );
}

/** Where it is, without the secrets. */
export function nameOf({ kind, nodes, master }: RedisAddress): string {
  const hosts = nodes.map(({ host, port }) => `${host.includes(":") ? `[${host}]` : host}:${port}`).join(",");
  if (kind === "sentinel") return `master "${master}" of the sentinels ${hosts}`;
  return kind === "cluster" ? `the cluster ${hosts}` : hosts;
}
