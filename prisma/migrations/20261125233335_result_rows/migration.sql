-- CreateEnum
CREATE TYPE "Role" AS ENUM ('reader', 'submitter', 'admin');

-- CreateTable
CREATE TABLE "ResultRow" (
    "id" BIGSERIAL NOT NULL,
    "combination" TEXT NOT NULL,
    "jobKey" TEXT NOT NULL,
    "experimentId" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "experiment" TEXT NOT NULL,
    "repeat" INTEGER NOT NULL,
    "dataset" TEXT NOT NULL,
    "data" "DataSource" NOT NULL,
    "origin" TEXT NOT NULL,
    "datasetParams" JSONB NOT NULL,
    "records" INTEGER NOT NULL,
    "split" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "modelParams" JSONB NOT NULL,
    "training" JSONB NOT NULL,
    "attack" TEXT NOT NULL,
    "attackParams" JSONB NOT NULL,
    "attacker" TEXT NOT NULL,
    "defense" TEXT NOT NULL,
    "defenseParams" JSONB NOT NULL,
    "engine" TEXT NOT NULL,
    "machine" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "computeSeconds" DOUBLE PRECISION NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "trainAccuracy" DOUBLE PRECISION,
    "testAccuracy" DOUBLE PRECISION,
    "gap" DOUBLE PRECISION,
    "auc" DOUBLE PRECISION,
    "balancedAccuracy" DOUBLE PRECISION,
    "bestBalancedAccuracy" DOUBLE PRECISION,
    "advantage" DOUBLE PRECISION,
    "precision" DOUBLE PRECISION,
    "precisionBalanced" DOUBLE PRECISION,
    "recall" DOUBLE PRECISION,
    "fpr" DOUBLE PRECISION,
    "precisionMacro" DOUBLE PRECISION,
    "recallMacro" DOUBLE PRECISION,
    "tprAt10" DOUBLE PRECISION,
    "tprAt1" DOUBLE PRECISION,
    "tprAt01" DOUBLE PRECISION,
    "members" INTEGER,
    "nonMembers" INTEGER,
    "queries" DOUBLE PRECISION,
    "noSignal" BOOLEAN NOT NULL,

    CONSTRAINT "ResultRow_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ApiToken" (
    "name" TEXT NOT NULL,
    "role" "Role" NOT NULL,
    "sha256" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revokedAt" TIMESTAMPTZ(3),

    CONSTRAINT "ApiToken_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "AuditEntry" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "token" TEXT NOT NULL,
    "method" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "status" INTEGER NOT NULL,
    "body" TEXT NOT NULL,

    CONSTRAINT "AuditEntry_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "ResultRow_experimentId_id_idx" ON "ResultRow"("experimentId", "id");

-- CreateIndex
CREATE INDEX "ResultRow_dataset_attack_id_idx" ON "ResultRow"("dataset", "attack", "id");

-- CreateIndex
CREATE INDEX "ResultRow_attack_id_idx" ON "ResultRow"("attack", "id");

-- CreateIndex
CREATE INDEX "ResultRow_defense_id_idx" ON "ResultRow"("defense", "id");

-- CreateIndex
CREATE INDEX "ResultRow_model_id_idx" ON "ResultRow"("model", "id");

-- CreateIndex
CREATE INDEX "ResultRow_jobKey_idx" ON "ResultRow"("jobKey");

-- CreateIndex
CREATE INDEX "ResultRow_combination_idx" ON "ResultRow"("combination");

-- CreateIndex
CREATE INDEX "ResultRow_auc_id_idx" ON "ResultRow"("auc", "id");

-- CreateIndex
CREATE INDEX "ResultRow_testAccuracy_id_idx" ON "ResultRow"("testAccuracy", "id");

-- CreateIndex
CREATE UNIQUE INDEX "ResultRow_experimentId_index_key" ON "ResultRow"("experimentId", "index");

-- CreateIndex
CREATE UNIQUE INDEX "ApiToken_sha256_key" ON "ApiToken"("sha256");

-- AddForeignKey
ALTER TABLE "ResultRow" ADD CONSTRAINT "ResultRow_experimentId_index_fkey" FOREIGN KEY ("experimentId", "index") REFERENCES "Cell"("experimentId", "index") ON DELETE CASCADE ON UPDATE CASCADE;

-- One row a cell, since the same job may be a cell of several experiments; `of_job` or `of_experiment` says whose, null both: all.
-- The statement is put together for each, so that Postgres looks up the few cells of a job and never plans for all of them.
CREATE FUNCTION write_result_rows(of_job text, of_experiment text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE $insert$
  INSERT INTO "ResultRow" (
    combination, "jobKey", "experimentId", index, experiment, repeat, dataset, data, origin, "datasetParams", records, split, model,
    "modelParams", training, attack, "attackParams", attacker, defense, "defenseParams", engine, machine, version,
    "computeSeconds", "createdAt", "trainAccuracy", "testAccuracy", gap, auc, "balancedAccuracy", "bestBalancedAccuracy",
    advantage, precision, "precisionBalanced", recall, fpr, "precisionMacro", "recallMacro", "tprAt10", "tprAt1", "tprAt01",
    members, "nonMembers", queries, "noSignal")
  SELECT
    md5(jsonb_build_array(cell.dataset, cell.data, cell.origin, cell."datasetParams", cell.records, cell.split, cell.model,
      cell."modelParams", cell.training, cell.attack, cell."attackParams", cell.attacker, cell.defense, cell."defenseParams")::text),
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
  END || ' ON CONFLICT ("experimentId", index) DO NOTHING'
  USING of_job, of_experiment;
END
$$;

-- A trigger, so that no way of writing a result leaves its rows behind. Whoever writes cells calls the function afterwards,
-- while no job can be committed, or a result that is committed at that moment would have no row.
CREATE FUNCTION result_rows_of_result() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    DELETE FROM "ResultRow" WHERE "jobKey" = NEW."jobKey";
  END IF;
  PERFORM write_result_rows(NEW."jobKey", NULL);
  RETURN NULL;
END
$$;
CREATE TRIGGER result_rows AFTER INSERT OR UPDATE ON "Result" FOR EACH ROW EXECUTE FUNCTION result_rows_of_result();

SELECT write_result_rows(NULL, NULL);

-- What notebooks and SQL clients read. Only these are documented: the tables may change with any version.
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
