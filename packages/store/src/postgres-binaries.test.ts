import { chmod, mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import path from "node:path";
import { test as base, describe, expect } from "vitest";
import { canReach, type SystemUser } from "./postgres-binaries.ts";

const test = base.extend<{ folder: string }>({
  async folder({ task: _ }, use) {
    // Not the user's own temporary folder, which on some systems nobody else can enter.
    const outer = await mkdtemp("/tmp/shadowfarm-test-");
    await chmod(outer, 0o755);
    await mkdir(path.join(outer, "inner"));
    await use(path.join(outer, "inner"));
    await rm(outer, { recursive: true, force: true });
  },
});

/** The folder's owner, a member of its group, and anybody else. */
async function users(folder: string): Promise<Record<"owner" | "member" | "other", SystemUser>> {
  const { uid, gid } = await stat(folder);
  return {
    owner: { name: "owner", uid, gid: gid + 1 },
    member: { name: "member", uid: uid + 1, gid },
    other: { name: "other", uid: uid + 1, gid: gid + 1 },
  };
}

describe.skipIf(process.platform === "win32")("a user reaches a folder", () => {
  test.for<[string, number, string[]]>([
    ["0755", 0o755, ["owner", "member", "other"]],
    ["0711", 0o711, ["owner", "member", "other"]],
    ["0750", 0o750, ["owner", "member"]],
    ["0700", 0o700, ["owner"]],
    ["0644", 0o644, []],
    // The first class that fits decides: a member is not let in as anybody else would be.
    ["0701", 0o701, ["owner", "other"]],
    ["0011", 0o011, ["member", "other"]],
  ])("of mode %s as its mode allows", async ([, mode, allowed], { folder }) => {
    await chmod(folder, mode);
    const reaching = [];
    for (const user of Object.values(await users(folder))) if (await canReach(user, folder)) reaching.push(user.name);
    expect(reaching).toEqual(allowed);
  });

  test("only through folders that it may enter", async ({ folder }) => {
    const { owner, other } = await users(folder);
    await chmod(path.dirname(folder), 0o700);
    expect(await canReach(owner, folder)).toBe(true);
    expect(await canReach(other, folder)).toBe(false);
  });

  test("by a relative path too", async ({ folder }) => {
    const { other } = await users(folder);
    await chmod(folder, 0o755);
    expect(await canReach(other, path.relative(process.cwd(), folder))).toBe(true);
  });
});
