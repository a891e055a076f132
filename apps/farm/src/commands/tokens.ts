import { InvalidInput } from "@shadowfarm/core/errors";
import { type Role, roles } from "@shadowfarm/core/role";
import { createToken, listTokens, revokeToken } from "@shadowfarm/store/tokens";
import type { FarmConfig } from "../config.ts";
import { EXIT, withStore } from "../session.ts";
import { renderTable } from "../tables.ts";

/** `tokens create NAME --role ROLE`: the token is printed once, and can never be seen again. */
export async function create(
  config: FarmConfig,
  name: string,
  options: { role: string; json?: boolean },
): Promise<number> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(name)) {
    throw new InvalidInput(
      `"${name}" cannot name a token; use 1 to 64 letters, digits, dots, dashes, underscores or @, and begin with a letter or digit`,
    );
  }
  const role = roleOf(options.role);
  return withStore(config, async (store) => {
    const token = await createToken(store, name, role);
    if (options.json) process.stdout.write(`${JSON.stringify({ name, role, token }, null, 2)}\n`);
    else {
      process.stdout.write(`${token}\n`);
      process.stderr.write(`the token of "${name}" (${role}); keep it, for it is not shown again\n`);
    }
    return EXIT.ok;
  });
}

/** `tokens list` */
export async function list(config: FarmConfig, options: { json?: boolean }): Promise<number> {
  return withStore(config, async (store) => {
    const tokens = await listTokens(store);
    if (options.json) process.stdout.write(`${JSON.stringify(tokens, null, 2)}\n`);
    else if (tokens.length === 0)
      process.stderr.write("no tokens yet; make one: shadowfarm tokens create NAME --role reader\n");
    else {
      const columns = [{ title: "token of" }, { title: "role" }, { title: "created" }, { title: "revoked" }];
      const rows = tokens.map(({ name, role, createdAt, revokedAt }) => [name, role, day(createdAt), day(revokedAt)]);
      process.stdout.write(`${renderTable(columns, rows)}\n`);
    }
    return EXIT.ok;
  });
}

/** `tokens revoke NAME`: from the next request on. */
export async function revoke(config: FarmConfig, name: string): Promise<number> {
  return withStore(config, async (store) => {
    await revokeToken(store, name);
    process.stdout.write(`the token of "${name}" is revoked\n`);
    return EXIT.ok;
  });
}

function roleOf(given: string): Role {
  const role = roles.find((known) => known === given);
  if (!role) throw new InvalidInput(`unknown role "${given}" in --role; known: ${roles.join(", ")}`);
  return role;
}

function day(date: Date | null): string {
  return date === null ? "" : date.toISOString().slice(0, 16).replace("T", " ");
}
