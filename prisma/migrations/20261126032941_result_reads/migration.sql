-- AlterTable
ALTER TABLE "ResultRow" ADD COLUMN     "once" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "ResultChange" (
    "id" BIGSERIAL NOT NULL,
    "changes" BIGINT NOT NULL,

    CONSTRAINT "ResultChange_pkey" PRIMARY KEY ("id")
);

-- What follows is out of the schema's language: indexes of some rows or of expressions, triggers and functions.

UPDATE "ResultRow" SET once = true WHERE id IN (SELECT min(id) FROM "ResultRow" GROUP BY combination, "jobKey");

-- What averages read.
CREATE INDEX "ResultRow_once" ON "ResultRow" (dataset, attack, defense) WHERE once;
-- In lists what is not known comes before everything else (store/result-rows.ts).
CREATE INDEX "ResultRow_order_by_tprAt1" ON "ResultRow" ((coalesce("tprAt1", -1)), id);

-- As before, and marks one row of each job in each combination. Nobody else writes rows of the same job at this moment: commits are
-- kept away while a plan is settled, and a job is committed by one worker alone.
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
        cell."modelParams", cell.training, cell.attack, cell."attackParams", cell.attacker, cell.defense, cell."defenseParams")::text)
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

CREATE FUNCTION note_result_rows_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "ResultChange" (changes) SELECT 1 WHERE EXISTS (SELECT FROM added);
  RETURN NULL;
END
$$;
CREATE TRIGGER result_rows_added AFTER INSERT ON "ResultRow" REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION note_result_rows_added();

-- Where the marked row of a job went, another of its rows is marked.
CREATE FUNCTION note_result_rows_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM gone) THEN
    RETURN NULL;
  END IF;
  UPDATE "ResultRow" SET once = true WHERE id IN (
    SELECT min(kept.id) FROM gone
    JOIN "ResultRow" kept ON kept."jobKey" = gone."jobKey" AND kept.combination = gone.combination
    WHERE gone.once GROUP BY kept.combination, kept."jobKey");
  INSERT INTO "ResultChange" (changes) VALUES (1);
  RETURN NULL;
END
$$;
CREATE TRIGGER result_rows_gone AFTER DELETE ON "ResultRow" REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION note_result_rows_gone();

-- Replaces the notes by their sum, which stays the same. Of two who do so at a time one finds nothing.
CREATE FUNCTION sum_result_changes() RETURNS void LANGUAGE sql AS $$
  WITH gone AS (
    DELETE FROM "ResultChange" WHERE (SELECT count(*) FROM "ResultChange") > 100 RETURNING changes
  )
  INSERT INTO "ResultChange" (changes) SELECT sum(changes) FROM gone HAVING count(*) > 0
$$;
