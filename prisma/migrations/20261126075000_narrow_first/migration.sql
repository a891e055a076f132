-- The rows that averages read, with what has one width first, and combinations as 16 bytes: half the time of a mean goes into
-- finding a row's numbers behind its texts, and into telling combinations apart. The rows stay as they are, ids included.
DROP VIEW frontier;
DROP VIEW results_wide;
CREATE TABLE "RowBefore" AS TABLE "ResultRow";
DROP TABLE "ResultRow";

-- CreateTable
CREATE TABLE "ResultRow" (
    "id" BIGSERIAL NOT NULL,
    "combination" UUID NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "computeSeconds" DOUBLE PRECISION NOT NULL,
    "auc" DOUBLE PRECISION,
    "testAccuracy" DOUBLE PRECISION,
    "trainAccuracy" DOUBLE PRECISION,
    "gap" DOUBLE PRECISION,
    "balancedAccuracy" DOUBLE PRECISION,
    "bestBalancedAccuracy" DOUBLE PRECISION,
    "advantage" DOUBLE PRECISION,
    "precision" DOUBLE PRECISION,
    "precisionBalanced" DOUBLE PRECISION,
    "recall" DOUBLE PRECISION,
    "fpr" DOUBLE PRECISION,
    "precisionMacro" DOUBLE PRECISION,
    "recallMacro" DOUBLE PRECISION,
    "queries" DOUBLE PRECISION,
    "index" INTEGER NOT NULL,
    "repeat" INTEGER NOT NULL,
    "records" INTEGER NOT NULL,
    "data" "DataSource" NOT NULL,
    "members" INTEGER,
    "nonMembers" INTEGER,
    "noSignal" BOOLEAN NOT NULL,
    "once" BOOLEAN NOT NULL DEFAULT false,
    "tprAt10" DOUBLE PRECISION,
    "tprAt1" DOUBLE PRECISION,
    "tprAt01" DOUBLE PRECISION,
    "jobKey" TEXT NOT NULL,
    "experimentId" TEXT NOT NULL,
    "experiment" TEXT NOT NULL,
    "dataset" TEXT NOT NULL,
    "attack" TEXT NOT NULL,
    "defense" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "attacker" TEXT NOT NULL,
    "split" TEXT NOT NULL,
    "origin" TEXT NOT NULL,
    "engine" TEXT NOT NULL,
    "machine" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "datasetParams" JSONB NOT NULL,
    "modelParams" JSONB NOT NULL,
    "training" JSONB NOT NULL,
    "attackParams" JSONB NOT NULL,
    "defenseParams" JSONB NOT NULL,

    CONSTRAINT "ResultRow_pkey" PRIMARY KEY ("id")
);

INSERT INTO "ResultRow" (
  id, combination, "createdAt", "computeSeconds", auc, "testAccuracy", "trainAccuracy", gap, "balancedAccuracy",
  "bestBalancedAccuracy", advantage, precision, "precisionBalanced", recall, fpr, "precisionMacro", "recallMacro",
  queries, index, repeat, records, data, members, "nonMembers", "noSignal", once, "tprAt10", "tprAt1", "tprAt01",
  "jobKey", "experimentId", experiment, dataset, attack, defense, model, attacker, split, origin, engine, machine,
  version, "datasetParams", "modelParams", training, "attackParams", "defenseParams"
)
SELECT
  id, combination::uuid, "createdAt", "computeSeconds", auc, "testAccuracy", "trainAccuracy", gap, "balancedAccuracy",
  "bestBalancedAccuracy", advantage, precision, "precisionBalanced", recall, fpr, "precisionMacro", "recallMacro",
  queries, index, repeat, records, data, members, "nonMembers", "noSignal", once, "tprAt10", "tprAt1", "tprAt01",
  "jobKey", "experimentId", experiment, dataset, attack, defense, model, attacker, split, origin, engine, machine,
  version, "datasetParams", "modelParams", training, "attackParams", "defenseParams"
FROM "RowBefore" ORDER BY id;
DROP TABLE "RowBefore";
SELECT setval(pg_get_serial_sequence('"ResultRow"', 'id'), greatest(max(id), 1), max(id) IS NOT NULL) FROM "ResultRow";

CREATE INDEX "ResultRow_experimentId_id_idx" ON "ResultRow"("experimentId", "id");
CREATE INDEX "ResultRow_dataset_attack_id_idx" ON "ResultRow"("dataset", "attack", "id");
CREATE INDEX "ResultRow_attack_id_idx" ON "ResultRow"("attack", "id");
CREATE INDEX "ResultRow_defense_id_idx" ON "ResultRow"("defense", "id");
CREATE INDEX "ResultRow_model_id_idx" ON "ResultRow"("model", "id");
CREATE INDEX "ResultRow_jobKey_idx" ON "ResultRow"("jobKey");
CREATE INDEX "ResultRow_combination_idx" ON "ResultRow"("combination");
CREATE INDEX "ResultRow_auc_id_idx" ON "ResultRow"("auc", "id");
CREATE INDEX "ResultRow_testAccuracy_id_idx" ON "ResultRow"("testAccuracy", "id");
CREATE UNIQUE INDEX "ResultRow_experimentId_index_key" ON "ResultRow"("experimentId", "index");

CREATE INDEX "ResultRow_once" ON "ResultRow" (dataset, attack, defense) WHERE once;
CREATE INDEX "ResultRow_order_by_tprAt1" ON "ResultRow" ((coalesce("tprAt1", -1)), id);

-- AddForeignKey
ALTER TABLE "ResultRow" ADD CONSTRAINT "ResultRow_experimentId_index_fkey" FOREIGN KEY ("experimentId", "index") REFERENCES "Cell"("experimentId", "index") ON DELETE CASCADE ON UPDATE CASCADE;

CREATE TRIGGER result_rows_added AFTER INSERT ON "ResultRow" REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION note_result_rows_added();
CREATE TRIGGER result_rows_gone AFTER DELETE ON "ResultRow" REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION note_result_rows_gone();

CREATE OR REPLACE FUNCTION write_result_rows(of_job text, of_experiment text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE $insert$
  INSERT INTO "ResultRow" (
    combination, "jobKey", "experimentId", index, experiment, repeat, dataset, data, origin, "datasetParams", records, split, model,
    "modelParams", training, attack, "attackParams", attacker, defense, "defenseParams", engine, machine, version,
    "computeSeconds", "createdAt", "trainAccuracy", "testAccuracy", gap, auc, "balancedAccuracy", "bestBalancedAccuracy",
    advantage, precision, "precisionBalanced", recall, fpr, "precisionMacro", "recallMacro", "tprAt10", "tprAt1", "tprAt01",
    members, "nonMembers", queries, "noSignal", once)
  SELECT fresh.*,
    row_number() OVER (PARTITION BY fresh.combination, fresh."jobKey" ORDER BY fresh."experimentId", fresh.index) = 1 AND NOT EXISTS (
      SELECT FROM "ResultRow" known
      WHERE known."jobKey" = fresh."jobKey" AND known.combination = fresh.combination AND known.once)
  FROM (
    SELECT
      md5(jsonb_build_array(cell.dataset, cell.data, cell.origin, cell."datasetParams", cell.records, cell.split, cell.model,
        cell."modelParams", cell.training, cell.attack, cell."attackParams", cell.attacker, cell.defense, cell."defenseParams")::text)::uuid
        AS combination,
      cell."jobKey", cell."experimentId", cell.index, experiment.name, cell.repeat, cell.dataset, cell.data, cell.origin,
      cell."datasetParams", cell.records, cell.split, cell.model, cell."modelParams", cell.training, cell.attack,
      cell."attackParams", cell.attacker, cell.defense, cell."defenseParams", result.engine, result.machine, result.version,
      result."computeSeconds", result."createdAt", metric."trainAccuracy", metric."testAccuracy", metric.gap, metric.auc,
      metric."balancedAccuracy", metric."bestBalancedAccuracy", metric.advantage, metric.precision, metric."precisionBalanced",
      metric.recall, metric.fpr, metric."precisionMacro", metric."recallMacro",
      (metric."tprAtFpr"->>'0.1')::float8, (metric."tprAtFpr"->>'0.01')::float8, (metric."tprAtFpr"->>'0.001')::float8,
      metric.members, metric."nonMembers", metric.queries, coalesce(metric."noSignal", false)
    FROM "Cell" cell
    JOIN "Experiment" experiment ON experiment.id = cell."experimentId"
    JOIN "Result" result ON result."jobKey" = cell."jobKey"
    CROSS JOIN LATERAL jsonb_to_record(result.metrics) AS metric(
      "trainAccuracy" float8, "testAccuracy" float8, gap float8, auc float8, "balancedAccuracy" float8,
      "bestBalancedAccuracy" float8, advantage float8, precision float8, "precisionBalanced" float8, recall float8, fpr float8,
      "precisionMacro" float8, "recallMacro" float8, "tprAtFpr" jsonb, members int, "nonMembers" int, queries float8,
      "noSignal" boolean)
    $insert$ || CASE
      WHEN of_job IS NOT NULL THEN 'WHERE cell."jobKey" = $1'
      WHEN of_experiment IS NOT NULL THEN 'WHERE cell."experimentId" = $2'
      ELSE ''
    END || $order$
  ) AS fresh
  ORDER BY fresh."experimentId", fresh.index ON CONFLICT ("experimentId", index) DO NOTHING $order$
  USING of_job, of_experiment;
END
$$;

CREATE VIEW results_wide AS SELECT
  id, experiment, "experimentId" AS experiment_id, dataset, data::text AS data, origin, "datasetParams" AS dataset_params,
  records, split, model, "modelParams" AS model_params, training, attack, "attackParams" AS attack_params, attacker, defense,
  "defenseParams" AS defense_params, repeat, "jobKey" AS job_key, combination, engine, machine, version,
  "computeSeconds" AS compute_seconds, "createdAt" AS created_at, "trainAccuracy" AS train_accuracy,
  "testAccuracy" AS test_accuracy, gap, auc, "balancedAccuracy" AS balanced_accuracy,
  "bestBalancedAccuracy" AS best_balanced_accuracy, advantage, precision, "precisionBalanced" AS precision_balanced, recall,
  fpr, "precisionMacro" AS precision_macro, "recallMacro" AS recall_macro, "tprAt10" AS tpr_at_10_percent,
  "tprAt1" AS tpr_at_1_percent, "tprAt01" AS tpr_at_0_1_percent, members, "nonMembers" AS non_members, queries,
  "noSignal" AS no_signal
FROM "ResultRow";

CREATE VIEW frontier AS SELECT
  dataset, data, origin, dataset_params, records, split, model, model_params, training, attack, attack_params, attacker, defense,
  defense_params, count(*)::int AS n, avg(test_accuracy) AS test_accuracy, stddev_samp(test_accuracy) AS test_accuracy_sd,
  avg(auc) AS auc, stddev_samp(auc) AS auc_sd, avg(tpr_at_1_percent) AS tpr_at_1_percent,
  stddev_samp(tpr_at_1_percent) AS tpr_at_1_percent_sd
FROM (SELECT DISTINCT ON (combination, job_key) * FROM results_wide ORDER BY combination, job_key) AS once
GROUP BY dataset, data, origin, dataset_params, records, split, model, model_params, training, attack, attack_params, attacker,
  defense, defense_params;

ANALYZE "ResultRow";
