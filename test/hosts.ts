import { type ChildProcess, execFileSync, type SpawnOptions, spawn, spawnSync } from "node:child_process";

/** A machine of its own as far as the network goes: a network namespace with one link to the others. */
export interface Host {
  address: string;
  /** Starts a program there; its process id is the program's. */
  start(program: string, args: readonly string[], options: SpawnOptions): ChildProcess;
  /** Takes its link away, as if its cable was pulled, or gives it back. */
  link(is: "up" | "down"): void;
}

export interface Hosts {
  hosts: Host[];
  /** Kills what runs there, and leaves nothing of them. */
  remove(): void;
}

/** Another for each process that tests. */
const NETWORK = `10.213.${process.pid % 256}`;
const PREFIX = "shadowfarm";

/** Why there can be no hosts here; null: there can. */
export function whyNoHosts(): string | null {
  if (process.getuid?.() !== 0) return "network namespaces need root";
  if (spawnSync("ip", ["-V"]).status !== 0) return "no iproute2 here (Debian: apt-get install iproute2)";
  const name = `${PREFIX}-${process.pid}-try`;
  const tried = spawnSync("ip", ["netns", "add", name], { encoding: "utf8" });
  spawnSync("ip", ["netns", "delete", name]);
  return tried.status === 0 ? null : `no network namespaces here: ${tried.stderr.trim()}`;
}

/** Makes hosts that reach each other, and are reached from here, over a switch that stands with the first. */
export function makeHosts(count: number): Hosts {
  removeDead();
  const names = Array.from({ length: count }, (_, index) => `${PREFIX}-${process.pid}-${index}`);
  const [hub = ""] = names;
  for (const name of names) {
    ip("netns", "add", name);
    ip("-n", name, "link", "set", "lo", "up");
  }
  ip("-n", hub, "link", "add", "switch", "type", "bridge");
  ip("-n", hub, "address", "add", `${addressOf(0)}/24`, "dev", "switch");
  ip("-n", hub, "link", "set", "switch", "up");
  names.forEach((name, index) => {
    if (index > 0) plugIn(hub, `port${index}`, ["netns", name], ["-n", name], "eth0", addressOf(index));
  });
  const here = `sf${process.pid}`;
  plugIn(hub, "here", [], [], here, `${NETWORK}.254`);
  return {
    hosts: names.map((name, index) => ({
      address: addressOf(index),
      start: (program, args, options) => spawn("ip", ["netns", "exec", name, program, ...args], options),
      link: (is) => ip("-n", hub, "link", "set", `port${index}`, is),
    })),
    remove: () => names.toReversed().forEach(remove),
  };
}

function addressOf(index: number): string {
  return `${NETWORK}.${index + 1}`;
}

/** A cable from a port of the switch to an interface, which is in the namespace that `at` enters. */
function plugIn(hub: string, port: string, there: string[], at: string[], name: string, address: string): void {
  ip("link", "add", "name", port, "netns", hub, "type", "veth", "peer", "name", name, ...there);
  ip("-n", hub, "link", "set", port, "master", "switch", "up");
  ip(...at, "address", "add", `${address}/24`, "dev", name);
  ip(...at, "link", "set", name, "up");
}

/** Ends a namespace and with it the cables that lead there. */
function remove(name: string): void {
  const pids = spawnSync("ip", ["netns", "pids", name], { encoding: "utf8" }).stdout.split("\n").filter(Boolean);
  for (const pid of pids) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
  spawnSync("ip", ["netns", "delete", name]);
}

/** What tests left that were killed. */
function removeDead(): void {
  const listed = execFileSync("ip", ["netns", "list"], { encoding: "utf8" });
  for (const [name, pid] of listed.matchAll(new RegExp(`^${PREFIX}-(\\d+)-\\w+`, "gm"))) {
    try {
      process.kill(Number(pid), 0);
    } catch {
      remove(name);
    }
  }
}

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
}
