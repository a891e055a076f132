import pg from "pg";

/** Rights on a table, in SQL: `SELECT`, or `UPDATE (pass)` of some columns alone. */
type Rights = Readonly<Record<string, readonly string[]>>;

interface Role {
  /** For people. */
  purpose: string;
  /** On tables besides reading, which every role may. */
  rights: Rights;
  /** Whether it handles messages of the queue in Postgres. */
  queue: boolean;
}

/**
 * Who needs what of the database, besides its owner, who migrates it. The scheduler's part is also that of whoever submits, cancels and
 * retries. Nobody but the owner may delete results, artifacts or jobs, or change what a job is.
 */
export const roles = {
  shadowfarm_scheduler: {
    purpose: "plans and hands out; submits, cancels and retries; cannot write results or artifacts",
    queue: true,
    rights: {
      Experiment: ["INSERT", "UPDATE"],
      User: ["INSERT", "UPDATE"],
      Job: ["INSERT", "UPDATE"],
      JobDependency: ["INSERT"],
      ExperimentJob: ["INSERT", "DELETE"],
      Cell: ["INSERT", "DELETE"],
      Offer: ["INSERT", "DELETE"],
      JobCount: ["INSERT", "DELETE"],
      ResultRow: ["INSERT", "UPDATE (once)"],
      ResultChange: ["INSERT", "DELETE"],
      Leader: ["INSERT", "UPDATE", "DELETE"],
      Attempt: ["UPDATE"],
    },
  },
  shadowfarm_worker: {
    purpose: "computes: claims jobs, keeps artifacts and results; cannot submit, plan or delete",
    queue: true,
    rights: {
      Worker: ["INSERT", "UPDATE"],
      Job: [
        `UPDATE (state, pending, fence, failures, losses, "enqueuedAt", "chargedTo", charge, "notBefore", "workerId", heartbeat, error, "finishedAt", seconds)`,
      ],
      Experiment: ["UPDATE (pass)"],
      User: ["UPDATE (pass)"],
      Offer: ["INSERT", "DELETE"],
      JobCount: ["INSERT"],
      ResultRow: ["INSERT", "DELETE", "UPDATE (once)"],
      ResultChange: ["INSERT"],
      Attempt: ["INSERT", 'UPDATE (outcome, error, "finishedAt")'],
      AttemptLog: ["INSERT", "UPDATE"],
      Artifact: ["INSERT", "UPDATE"],
      Result: ["INSERT", "UPDATE"],
      Checkpoint: ["INSERT", "UPDATE", "DELETE"],
    },
  },
  shadowfarm_api: {
    purpose:
      "serves the API: submits, cancels and retries, reads tokens, writes the audit log; cannot make tokens, plan or compute",
    queue: false,
    rights: {
      Experiment: [
        "INSERT",
        `UPDATE (state, error, "user", priority, weight, concurrency, labels, memory, pass, "submittedAt", "finishedAt")`,
      ],
      User: ["INSERT", "UPDATE (weight)"],
      Job: [`UPDATE (state, pending, failures, losses, error, "finishedAt", "enqueuedAt", "chargedTo", "notBefore")`],
      Offer: ["INSERT", "DELETE"],
      JobCount: ["INSERT", "DELETE"],
      ApiToken: ["SELECT"],
      AuditEntry: ["SELECT", "INSERT"],
    },
  },
  shadowfarm_reader: { purpose: "reads everything but the queue, and writes nothing", queue: false, rights: {} },
} as const satisfies Record<string, Role>;

/** Tables of which the scheduler gathers statistics after it wrote much. */
const GATHERED = ["Job", "JobDependency", "ExperimentJob", "Cell"];
/** The API's, and nobody else's business. */
const SECRET = ["ApiToken", "AuditEntry"];
/** BullMQ's; there once the queue has been in Postgres. */
const QUEUE_SCHEMA = "bullmq";

/**
 * Makes the roles, where the server does not have them, and gives them their rights on this database, and no others. They cannot log in:
 * logins are made as members of them.
 *
 * @param url as the owner of the tables, who may make roles
 */
export async function makeRoles(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const role of Object.keys(roles)) {
      // Two databases of a server have their roles in common.
      await client.query(`
        DO $$ BEGIN CREATE ROLE ${role}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`);
    }
    await grant(client);
  } finally {
    await client.end();
  }
}

/** Gives those roles that this server has their rights on the tables that there are, and no others. */
export async function grant(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: number; queue: boolean; database: string }>(`
    SELECT current_setting('server_version_num')::int AS version, quote_ident(current_database()) AS database,
           to_regnamespace('${QUEUE_SCHEMA}') IS NOT NULL AS queue`);
  const [{ version, queue, database }] = rows as [(typeof rows)[number]];
  // An older version may have made only some of them.
  const { rows: present } = await client.query<{ name: string }>(
    "SELECT rolname AS name FROM pg_roles WHERE rolname = ANY($1)",
    [Object.keys(roles)],
  );
  if (present.length === 0) return;
  const known = Object.entries<Role>(roles).filter(([role]) => present.some(({ name }) => name === role));
  const statements = known.flatMap(([role, { rights, queue: handles }]) => [
    `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${role}`,
    `REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM ${role}`,
    `GRANT CONNECT ON DATABASE ${database} TO ${role}`,
    `GRANT USAGE ON SCHEMA public TO ${role}`,
    `GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`,
    `REVOKE ALL ON ${SECRET.map((name) => `"${name}"`).join(", ")} FROM ${role}`,
    ...(Object.keys(rights).length > 0 ? [`GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${role}`] : []),
    ...Object.entries(rights).map(([table, allowed]) => `GRANT ${allowed.join(", ")} ON "${table}" TO ${role}`),
    ...(queue && handles
      ? [
          `GRANT TEMPORARY ON DATABASE ${database} TO ${role}`,
          `GRANT USAGE ON SCHEMA ${QUEUE_SCHEMA} TO ${role}`,
          `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${QUEUE_SCHEMA} TO ${role}`,
          `GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${QUEUE_SCHEMA} TO ${role}`,
          // BullMQ makes a sequence with the first message of a queue, and each pool of workers has one.
          ...(role === "shadowfarm_scheduler" ? [`GRANT CREATE ON SCHEMA ${QUEUE_SCHEMA} TO ${role}`] : []),
        ]
      : []),
  ]);
  // Before, only a table's owner could: then Postgres gathers them in its own time.
  if (version >= 170_000 && present.some(({ name }) => name === "shadowfarm_scheduler")) {
    const tables = GATHERED.map((name) => `"${name}"`);
    statements.push(`GRANT MAINTAIN ON ${tables.join(", ")} TO shadowfarm_scheduler`);
  }
  await client.query(["BEGIN", ...statements, "COMMIT"].join(";\n"));
}

const INSUFFICIENT_PRIVILEGE = "42501";

/** What the database says when a login may not do something; null of any other error. */
export function refusalOf(error: unknown): string | null {
  const { meta } = error as { meta?: { driverAdapterError?: { cause?: unknown } } };
  const { code, message } = (meta?.driverAdapterError?.cause ?? error) as { code?: unknown; message?: unknown };
  return code === INSUFFICIENT_PRIVILEGE ? String(message) : null;
}
