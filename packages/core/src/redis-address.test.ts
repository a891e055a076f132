import { expect, test } from "vitest";
import { parseRedisAddress } from "./redis-address.ts";

const plain = {
  kind: "server",
  nodes: [{ host: "queue", port: 6379 }],
  master: null,
  username: undefined,
  password: undefined,
  sentinelUsername: undefined,
  sentinelPassword: undefined,
  db: 0,
  tls: null,
};
const noFiles = { ca: undefined, cert: undefined, key: undefined };

test.each([
  ["redis://queue", {}],
  ["redis://queue:7000/2", { nodes: [{ host: "queue", port: 7000 }], db: 2 }],
  ["redis://:p%40ss@queue", { password: "p@ss" }],
  ["redis://lab:a:b@[::1]:7000", { username: "lab", password: "a:b", nodes: [{ host: "::1", port: 7000 }] }],
  ["rediss://queue", { tls: noFiles }],
  ["rediss://queue?ca=/tls/ca.pem&cert=c&key=k%26", { tls: { ca: "/tls/ca.pem", cert: "c", key: "k&" } }],
  [
    "redis+sentinel://:secret@a,b:5/farm/1?sentinelUsername=s&sentinelPassword=x%3D",
    {
      kind: "sentinel",
      nodes: [
        { host: "a", port: 26_379 },
        { host: "b", port: 5 },
      ],
      master: "farm",
      password: "secret",
      sentinelUsername: "s",
      sentinelPassword: "x=",
      db: 1,
    },
  ],
  [
    "rediss+cluster://a:1,b:2",
    {
      kind: "cluster",
      nodes: [
        { host: "a", port: 1 },
        { host: "b", port: 2 },
      ],
      tls: noFiles,
    },
  ],
])("%s is understood", (text, expected) => {
  expect(parseRedisAddress(text)).toEqual({ ...plain, ...expected });
});

test.each([
  ["queue:6379", /give redis:\/\/user:password@host/],
  ["http://queue", /give redis:\/\//],
  ["redis://a,b", /several hosts need \+sentinel or \+cluster/],
  ["redis://queue/farm", /"\/farm" is no number of a database/],
  ["redis://queue:99999", /not host:port/],
  ["redis+sentinel://a", /master's name is missing/],
  ["redis+cluster://a/1", /a cluster has no database 1/],
  ["redis://queue?ca=x", /\?ca= is of no use here; it needs rediss/],
  ["rediss://queue?sentinelPassword=x", /\?sentinelPassword= is of no use here; it needs \+sentinel/],
  ["rediss://queue?cert=x", /both \?cert=FILE and &key=FILE/],
  ["rediss://queue?verify=0", /\?verify= is not known, or empty; there are ca, cert/],
  ["redis://:50%off@queue", /write % as %25/],
])("%s is refused", (text, message) => {
  expect(() => parseRedisAddress(text)).toThrow(message);
});

test.each([
  "redis://:hush/hush@queue",
  "redis://:hush@hush@queue",
  "redis://lab:hush hush",
  "rediss://:hush?hush@queue",
])("what is said of %s does not show its password", (text) => {
  const shown = (() => {
    try {
      return JSON.stringify(parseRedisAddress(text).nodes);
    } catch (error) {
      return String(error);
    }
  })();
  expect(shown).not.toContain("hush");
});
