/** How the Redis of the queue is reached. */
export interface RedisAddress {
  kind: "server" | "sentinel" | "cluster";
  /** The server; the sentinels; or some nodes of the cluster. */
  nodes: { host: string; port: number }[];
  /** The name by which the sentinels know the master; null for other kinds. */
  master: string | null;
  username: string | undefined;
  password: string | undefined;
  /** Of the sentinels themselves. */
  sentinelUsername: string | undefined;
  sentinelPassword: string | undefined;
  db: number;
  /** Null: not encrypted. Otherwise files, each undefined for the default. */
  tls: { ca: string | undefined; cert: string | undefined; key: string | undefined } | null;
}

const SHAPE = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@]*)@)?([^/?#]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/;
const NODE = /^(\[[\da-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i;
const OPTIONS = ["ca", "cert", "key", "sentinelUsername", "sentinelPassword"] as const;
const FORMS =
  "redis://user:password@host:port/db, redis+sentinel://…@host:port,host:port/master/db or redis+cluster://…@host:port,host:port (rediss… for TLS)";

/**
 * Reads an address. What it says of one that it cannot read never shows its password.
 *
 * @throws {TypeError} naming the part that cannot be accepted.
 */
export function parseRedisAddress(text: string): RedisAddress {
  const [, scheme, form, login = "", hosts = "", path = "", query = ""] = SHAPE.exec(text) ?? [];
  if (scheme === undefined) throw new TypeError(`give ${FORMS}; percent-encode @, / and : in a password`);
  const kind = (form ?? "server") as RedisAddress["kind"];
  const colon = login.indexOf(":");
  const [username, password] = colon < 0 ? [login, ""] : [login.slice(0, colon), login.slice(colon + 1)];
  const options = readOptions(query);
  const tls = scheme === "rediss" ? { ca: options.ca, cert: options.cert, key: options.key } : null;
  const stray = OPTIONS.find((name) => options[name] !== undefined && !fits(name, kind, tls !== null));
  if (stray) {
    throw new TypeError(`?${stray}= is of no use here; it needs ${stray.startsWith("s") ? "+sentinel" : "rediss"}`);
  }
  if ((options.cert === undefined) !== (options.key === undefined)) {
    throw new TypeError("a client certificate needs both ?cert=FILE and &key=FILE");
  }
  return {
    kind,
    nodes: readNodes(hosts, kind),
    ...readPath(path, kind),
    username: decode(username, "user name") || undefined,
    password: decode(password, "password") || undefined,
    sentinelUsername: options.sentinelUsername,
    sentinelPassword: options.sentinelPassword,
    tls,
  };
}

function fits(option: (typeof OPTIONS)[number], kind: RedisAddress["kind"], encrypted: boolean): boolean {
  return option.startsWith("sentinel") ? kind === "sentinel" : encrypted;
}

function readNodes(hosts: string, kind: RedisAddress["kind"]): RedisAddress["nodes"] {
  const nodes = hosts.split(",").map((node) => readNode(node, kind));
  if (kind === "server" && nodes.length > 1) throw new TypeError(`several hosts need +sentinel or +cluster: ${FORMS}`);
  return nodes;
}

function readNode(node: string, kind: RedisAddress["kind"]): RedisAddress["nodes"][number] {
  const [, host, port = kind === "sentinel" ? "26379" : "6379"] = NODE.exec(node) ?? [];
  // What stands here may be a part of a password that was not encoded.
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535)
    throw new TypeError("the hosts after // (and @) are not host:port, separated by commas; percent-encode a password");
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
}

function readPath(path: string, kind: RedisAddress["kind"]): Pick<RedisAddress, "master" | "db"> {
  const parts = path.split("/").filter((part) => part !== "");
  const master = kind === "sentinel" ? (parts.shift() ?? null) : null;
  if (kind === "sentinel" && master === null)
    throw new TypeError("the master's name is missing; sentinels know it: redis+sentinel://host:port/NAME");
  const [db = "0", ...rest] = parts;
  if (!/^\d{1,5}$/.test(db) || rest.length > 0) {
    throw new TypeError(`"/${parts.join("/")}" is no number of a database; give one such as /0, or leave it out`);
  }
  if (kind === "cluster" && db !== "0") throw new TypeError(`a cluster has no database ${db}; leave it out`);
  return { master: master === null ? null : decode(master, "master's name"), db: Number(db) };
}

function readOptions(query: string): Partial<Record<(typeof OPTIONS)[number], string>> {
  const options: Partial<Record<string, string>> = {};
  for (const part of query.split("&").filter((one) => one !== "")) {
    const [name = "", value = ""] = part.split(/=(.*)/s);
    if (!OPTIONS.some((known) => known === name) || value === "") {
      throw new TypeError(`?${name}= is not known, or empty; there are ${OPTIONS.join(", ")}`);
    }
    options[name] = decode(value, name);
  }
  return options;
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError(`the ${what} is not percent-encoded; write % as %25`);
  }
}
