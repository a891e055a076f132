import { labelsSchema } from "@shadowfarm/core/environment";
import { hiderOf } from "@shadowfarm/core/secrets";
import { VERSION } from "@shadowfarm/core/version";
import { Command, InvalidArgumentError } from "commander";
import type { WorkerOptions } from "./commands/worker.ts";
import { type FarmConfig, readConfig } from "./config.ts";
import { EXIT, explainError } from "./session.ts";

/**
 * Runs the command line.
 *
 * @param args without the program's own name
 * @returns the exit code
 */
export async function runCli(args: readonly string[], variables: NodeJS.ProcessEnv): Promise<number> {
  let code: number = EXIT.ok;
  const program = new Command("shadowfarm")
    .description("A distributed farm for membership-inference research")
    .version(VERSION)
    .option("--verbose", "show stack traces")
    .exitOverride()
    .showSuggestionAfterError();

  /**
   * Every command is a function of settings and options that returns an exit code. It is loaded when it is called, so that
   * a listing does not wait for the queue's and the engine's code.
   */
  const act =
    <A extends unknown[]>(load: () => Promise<(config: FarmConfig, ...args: A) => Promise<number>>) =>
    async (...args: A) => {
      const config = readConfig(variables);
      code = await (await load())(config, ...args);
    };

  const terms = (command: Command) =>
    command
      .option("--priority <n>", "higher ones go first; default: 0", integer)
      .option("--weight <x>", "its part of its user's share, beside the user's others; default: 1", weight)
      .option("--concurrency <n>", "jobs at a time, or none for no limit", wholeNumberOrNone)
      .option("--requires <labels>", "only on workers with these labels, such as a100,big; '' for any", labels)
      .option("--memory <gb>", "only on workers with so many gigabytes for each job", countTo(1_000_000));

  terms(program.command("run"))
    .description("submit experiments, follow them to the end, print their results")
    .argument("<spec...>", "experiment files")
    .option("--yes", "accept an experiment of very many jobs")
    .option("--workers <n>", "jobs at a time", wholeNumber)
    .option("--json", "print result rows as JSON")
    .action(act(async () => (await import("./commands/run.ts")).run));
  program
    .command("plan")
    .description("show what an experiment would do: cells, jobs by kind, what is cached")
    .argument("<spec>", "experiment file")
    .option("--json", "print JSON")
    .action(act(async () => (await import("./commands/plan.ts")).showPlan));
  terms(program.command("submit"))
    .description("hand experiments to the farm that holds this home or database")
    .argument("<spec...>", "experiment files")
    .option("--yes", "accept an experiment of very many jobs")
    .option("--json", "print the ids as JSON")
    .action(act(async () => (await import("./commands/run.ts")).submit));
  program
    .command("status")
    .description("list experiments, or show one")
    .argument("[experiment]", "name or id")
    .option("--json", "print JSON")
    .action(act(async () => (await import("./commands/experiments.ts")).showStatus));
  program
    .command("results")
    .description("print results, repeats together")
    .option("--experiment <name>", "name or id")
    .option("--dataset <name>")
    .option("--attack <name>")
    .option("--defense <name>")
    .option("--model <name>")
    .option("--json", "print every repeat as JSON")
    .action(act(async () => (await import("./commands/results.ts")).showResults));
  program
    .command("compare")
    .description("compare defenses under every attack, or what they cost (--frontier)")
    .argument("[experiment]", "name or id; default: all results")
    .option("--frontier", "accuracy beside leakage, and which defenses no other beats in both")
    .option("--metric <name>", "auc, tpr@0.1, tpr@0.01 or tpr@0.001", "auc")
    .option("--attack <name>", "one attack; default: each, or with --frontier the strongest on each defense")
    .option("--at-most <x>", "with --frontier: the best accuracy that leaks no more", share)
    .option("--json", "print JSON")
    .action(act(async () => (await import("./commands/compare.ts")).compare));
  program
    .command("report")
    .description("write an experiment's results, beside the paper's numbers, as one page")
    .argument("<experiment>", "name or id")
    .option("--out <file>", "where to; Markdown if it ends in .md")
    .action(act(async () => (await import("./commands/report.ts")).writeReport));
  program
    .command("explain")
    .description("show where a result comes from: its jobs with parameters, artifacts, machine, engine and version")
    .argument("<result>", "the key of its attack job, or six or more of its first digits; results --json has them")
    .option("--json", "print JSON")
    .action(act(async () => (await import("./commands/explain.ts")).explain));
  program
    .command("verify")
    .description("read all that a result is made of against its hashes, and compute its metrics anew from the scores")
    .argument("<result>", "as of explain")
    .option("--json", "print JSON")
    .action(act(async () => (await import("./commands/verify.ts")).verify));
  program
    .command("attack")
    .description("run attacks on posteriors made elsewhere (.npy or .csv); models and records are counted from 0")
    .requiredOption("--posteriors <file>", "records × classes of the target, or models × records × classes")
    .requiredOption("--labels <file>", "each record's true class, from 0")
    .requiredOption("--membership <file>", "1 for training records: records, or models × records")
    .option("--population-posteriors <file>", "the same models' posteriors on records that none was trained on")
    .option("--population-labels <file>", "their true classes")
    .option(
      "--target <n>",
      "which model is attacked; default: the last, with all others the attacker's",
      countTo(99_999),
    )
    .option("--attack <spec>", "such as lira:variant=offline,spread=raw; may be repeated; default: all", collect)
    .option("--scores <file>", "write each record's scores, as CSV")
    .option("--seed <n>", "root of all randomness", countTo(0xffff_ffff), 1)
    .option("--json", "print JSON")
    .action(act(async () => (await import("./commands/attack.ts")).attackFiles));
  terms(program.command("set"))
    .description("change how an experiment takes part in the farm, from the next job on")
    .argument("<experiment>", "name or id")
    .action(act(async () => (await import("./commands/shares.ts")).setTerms));
  program
    .command("users")
    .description("list who shares the farm, or change someone's part of it")
    .argument("[name]", "user")
    .option("--weight <x>", "the user's part of the farm, beside the others", weight)
    .option("--json", "print JSON")
    .action(act(async () => (await import("./commands/shares.ts")).showUsers));
  program
    .command("cancel")
    .description("stop an experiment; finished jobs are kept")
    .argument("<experiment>", "name or id")
    .action(act(async () => (await import("./commands/experiments.ts")).cancel));
  program
    .command("retry")
    .description("run an experiment's failed jobs again, and those behind them")
    .requiredOption("--failed", "the failed ones")
    .argument("<experiment>", "name or id")
    .option("--json", "print result rows as JSON")
    .action(act(async () => (await import("./commands/experiments.ts")).retry));
  program
    .command("logs")
    .description("show what the attempts at a job said, or those of an experiment's jobs that said something or failed")
    .argument("<job-or-experiment>", "a job's key or the beginning of it, or an experiment's name or id")
    .option("--attempts <n>", "the newest so many", wholeNumber, 50)
    .option("--json", "print JSON")
    .action(act(async () => (await import("./commands/logs.ts")).showLogs));
  program
    .command("up")
    .description("run a farm until it is interrupted: database, scheduler, worker and API in one process tree")
    .option("--workers <n>", "jobs at a time", wholeNumber)
    .option("--postgres-port <port>", "port of the embedded database", wholeNumber)
    .action(act(async () => (await import("./commands/up.ts")).up));
  program
    .command("worker")
    .description("take jobs of the farm at DATABASE_URL until interrupted; a second interrupt hands them back at once")
    .option("--procs <n>", "jobs at a time; auto: one for each GPU, else for each core (SHADOWFARM_WORKERS)")
    .option("--gpus <n>", "how many GPUs are used; auto: all, 0: none (SHADOWFARM_GPUS)")
    .option("--labels <labels>", "what experiments may require, such as a100,big (SHADOWFARM_LABELS)")
    .option("--memory <gb>", "gigabytes that its jobs share (SHADOWFARM_MEMORY)")
    .option("--grace <s>", "seconds in which it finishes its jobs when it is interrupted (SHADOWFARM_GRACE)")
    .action(async (options: WorkerOptions) => (await import("./commands/worker.ts")).worker(variables, options));
  program
    .command("api")
    .description("serve the API and the dashboard alone, until it is interrupted")
    .action(act(async () => (await import("./commands/api.ts")).api));
  const tokens = program.command("tokens").description("who may use the API where it is not on a loopback address");
  tokens
    .command("create")
    .description("make a token, which is shown once")
    .argument("<name>", "whose it is")
    .option("--role <role>", "reader, submitter or admin", "reader")
    .option("--json", "print JSON")
    .action(act(async () => (await import("./commands/tokens.ts")).create));
  tokens
    .command("list")
    .description("list tokens, revoked ones too")
    .option("--json", "print JSON")
    .action(act(async () => (await import("./commands/tokens.ts")).list));
  tokens
    .command("revoke")
    .description("refuse a token from now on")
    .argument("<name>", "whose it is")
    .action(act(async () => (await import("./commands/tokens.ts")).revoke));
  program
    .command("catalog")
    .description("list datasets, models, attacks and defenses with their parameters")
    .option("--schema", "print the JSON Schema of the experiment file")
    .option("--json", "print JSON")
    .action(act(async () => (await import("./commands/catalog.ts")).showCatalog));
  program
    .command("doctor")
    .description("check this machine, with remedies")
    .option("--json", "print JSON")
    .action(act(async () => (await import("./commands/doctor.ts")).doctor));
  program
    .command("db")
    .description("the database")
    .addCommand(
      new Command("migrate")
        .description("bring the database to this version's schema")
        .option("--json", "print the applied migrations as JSON")
        .exitOverride()
        .action(act(async () => (await import("./commands/db.ts")).migrateDatabase)),
    )
    .addCommand(
      new Command("roles")
        .description(
          "make database roles for schedulers, workers, the API and readers, with the rights that each needs",
        )
        .option("--json", "print the roles as JSON")
        .exitOverride()
        .action(act(async () => (await import("./commands/db.ts")).grantRoles)),
    );

  const artifacts = program.command("artifacts").description("the bytes that jobs left");
  artifacts
    .command("gc")
    .description("remove what no job refers to, such as crashes leave")
    .option("--dry-run", "only say what would go")
    .option("--keep-days <n>", "keep what was put within so many days; 0 only while no worker runs", countTo(36_500), 1)
    .option("--unwanted", "also the artifacts of jobs that only cancelled experiments want, and no result needs")
    .option("--json", "print JSON")
    .action(act(async () => (await import("./commands/artifacts.ts")).collect));
  artifacts
    .command("verify")
    .description("read every artifact that a job refers to; exit code 1 if one is missing or altered")
    .option(
      "--forget-scores",
      "forget scores that are missing or altered; their experiments, run again, make them anew",
    )
    .option("--json", "print JSON")
    .action(act(async () => (await import("./commands/artifacts.ts")).verify));

  const data = program.command("data").description("datasets: what is present, and how to get the rest");
  data
    .command("list")
    .description("list datasets, with what is present, licence and citation")
    .option("--json", "print JSON")
    .action(act(async () => (await import("./commands/data-list.ts")).listData));
  data
    .command("pull")
    .description("download what is missing, verified; what was cut or interrupted goes on where it stopped")
    .argument("<name...>", "datasets, or all")
    .option("--json", "print JSON")
    .action(act(async () => (await import("./commands/data-pull.ts")).pullData));
  data
    .command("import")
    .description("take datasets from files that are here already, or a table of your own")
    .argument("[path]", "official file, or folder of official files")
    .option("--csv <file>", "table with a line of column names")
    .option("--label <column>", "the table's column that is to be predicted")
    .option("--name <dataset>", "which dataset the files are of; the table's name")
    .option("--json", "print JSON")
    .action(act(async () => (await import("./commands/data-import.ts")).importData));
  data
    .command("verify")
    .description("read every record of the datasets that are present, or of those named")
    .argument("[name...]", "datasets")
    .option("--json", "print JSON")
    .action(act(async () => (await import("./commands/data-verify.ts")).verifyData));

  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    // Commander has printed its own message already: help, version, or a wrong option.
    if (isCommanderError(error)) return error.exitCode === 0 ? EXIT.ok : EXIT.refused;
    const hide = hiderOf([variables.DATABASE_URL, variables.REDIS_URL], [variables.SHADOWFARM_S3_SECRET_KEY]);
    const { message, code: exitCode } = explainError(error, program.opts<{ verbose?: boolean }>().verbose ?? false);
    process.stderr.write(`${hide(message)}\n`);
    return exitCode;
  }
}

function wholeNumber(value: string): number {
  if (!/^[1-9]\d{0,4}$/.test(value)) throw new InvalidArgumentError("give a whole number from 1 to 99999.");
  return Number(value);
}

function wholeNumberOrNone(value: string): number | "none" {
  return value === "none" ? value : wholeNumber(value);
}

function integer(value: string): number {
  if (!/^[+-]?\d{1,6}$/.test(value)) throw new InvalidArgumentError("give an integer from -999999 to 999999.");
  return Number(value);
}

function labels(value: string): string[] {
  const parsed = labelsSchema.safeParse(value);
  if (!parsed.success) throw new InvalidArgumentError(`${parsed.error.issues[0]?.message}.`);
  return parsed.data;
}

function weight(value: string): number {
  const number = Number(value);
  if (!/^\d+(?:\.\d+)?$/.test(value) || number < 0.001 || number > 1_000) {
    throw new InvalidArgumentError("give a number from 0.001 to 1000.");
  }
  return number;
}

function share(value: string): number {
  if (!/^(?:0?\.\d+|[01](?:\.0*)?)$/.test(value)) throw new InvalidArgumentError("give a number from 0 to 1.");
  return Number(value);
}

function countTo(most: number): (value: string) => number {
  return (value) => {
    if (!/^\d+$/.test(value) || Number(value) > most) {
      throw new InvalidArgumentError(`give a whole number from 0 to ${most}.`);
    }
    return Number(value);
  };
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function isCommanderError(error: unknown): error is { exitCode: number } {
  return (
    error instanceof Error && "exitCode" in error && "code" in error && String(error.code).startsWith("commander.")
  );
}
