import type { Store } from "@shadowfarm/store/client";

/** How much there is to ask about. */
export interface Size {
  /** Cells with a result; each job is a cell of `results / jobs` experiments. */
  results: number;
  jobs: number;
}

const datasets = ["adult", "cifar10", "cifar100", "face", "location", "mnist", "news", "purchase100"];
const attacks = [
  "gap",
  "threshold",
  "shadow",
  "lira",
  "rmia",
  "boundary",
  "noise",
  "transfer",
  "metric",
  "calibration",
];
const defenses = ["none", "dropout", "l2", "early-stopping", "memguard", "dp-sgd"];

/** Fills an empty, migrated database with finished experiments whose numbers are made up, always the same ones. */
export async function seed({ db }: Store, { results, jobs }: Size): Promise<void> {
  const experiments = Math.ceil(results / jobs);
  const list = (names: readonly string[], at: string) =>
    `(ARRAY[${names.map((name) => `'${name}'`)}])[1 + (${at}) % ${names.length}]`;
  const run = (sql: string) => db.$executeRawUnsafe(sql);
  const key = (at: string) => `md5((${at})::text) || left(md5('more ' || (${at})), 8)`;
  await run(`SELECT setseed(0.5)`);
  await run(`
    INSERT INTO "Experiment" (id, name, spec, datasets, engine, state, "finishedAt", "submittedAt")
    SELECT lpad(to_hex(i), 10, '0'), 'sweep-' || i, '{"name": "sweep"}', '[]', 'onnx', 'done', now(), now() - i * interval '1 hour'
    FROM generate_series(1, ${experiments}) i`);
  await run(`
    INSERT INTO "Job" (key, kind, params, state, "finishedAt", seconds)
    SELECT ${key("i")}, 'attack', '{"inputs": {}}', 'done', now(), 1 + i % 7 FROM generate_series(0, ${jobs - 1}) i`);
  const measured = [
    ...["trainAccuracy", "balancedAccuracy", "bestBalancedAccuracy", "precision", "precisionBalanced", "recall"],
    ...["precisionMacro", "recallMacro", "testAccuracy", "auc", "fpr", "gap", "advantage"],
  ];
  // As many numbers as a result has, those of each class included.
  await run(`
    INSERT INTO "Result" ("jobKey", metrics, engine, machine, version, "computeSeconds")
    SELECT ${key("i")}, jsonb_build_object(
      ${measured.map((name, at) => `'${name}', 0.5 + ((i * ${at + 3}) % 1000) / 2000.0`)},
      'tprAtFpr', jsonb_build_object('0.1', 0.1 + (i % 100) / 200.0, '0.01', 0.01 + (i % 50) / 200.0,
                                     '0.001', CASE WHEN i % 3 > 0 THEN (i % 40) / 400.0 END),
      'smallestFpr', 0.0004, 'members', 2500, 'nonMembers', 2500, 'noSignal', false, 'queries', 5000,
      'threshold', '{"by": "oracle", "value": 0.5}'::jsonb, 'epsilon', '{"delta": 1e-5, "clopperPearson": 0, "oneRun": 0}'::jsonb,
      'perClass', (SELECT jsonb_agg(jsonb_build_object('label', c, 'members', 25, 'nonMembers', 25, 'precision', 0.5, 'recall', 0.5))
                   FROM generate_series(0, 9) c),
      'intervals', jsonb_build_object(${measured.map((name) => `'${name}', '[0.4, 0.9]'::jsonb`)},
                                      'tprAtFpr', '{"0.1": [0.1, 0.2], "0.01": [0.01, 0.02], "0.001": null}'::jsonb)),
      'onnx', 'node-' || i % 16, '0.1.0', 1 + i % 7
    FROM generate_series(0, ${jobs - 1}) i`);
  await run(`
    INSERT INTO "ExperimentJob" ("experimentId", "jobKey")
    SELECT experiment.id, job.key FROM "Experiment" experiment CROSS JOIN "Job" job`);
  await run(`
    INSERT INTO "Cell" ("experimentId", index, repeat, dataset, data, origin, "datasetParams", records, split, model, "modelParams",
                        training, defense, "defenseParams", attack, "attackParams", attacker, "jobKey")
    SELECT lpad(to_hex(e), 10, '0'), i, i % 5, ${list(datasets, "i / 5")}, (CASE WHEN i % 2 = 0 THEN 'real' ELSE 'synthetic' END)::"DataSource",
           'made up', '{}', 2500, 'quarters', ${list(["mlp", "cnn"], "i / 40")}, '{"hidden": 128}',
           jsonb_build_object('epochs', 10 * (1 + i / 80 % 5), 'batch', 100, 'optimizer', 'adam'),
           ${list(defenses, "i / 400")}, jsonb_build_object('strength', i / 2400 % 4), ${list(attacks, "i / 9600")},
           jsonb_build_object('shadows', 16), 'aware', ${key("i")}
    FROM generate_series(0, ${jobs - 1}) i CROSS JOIN generate_series(1, ${experiments}) e
    LIMIT ${results}`);
  await run(`SELECT write_result_rows(NULL, NULL)`);
  await run(`SELECT count_jobs(id)::text FROM "Experiment"`);
  await run(`VACUUM ANALYZE`);
}
