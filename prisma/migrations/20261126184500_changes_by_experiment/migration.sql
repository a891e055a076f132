-- Notes of changes say whose rows changed, so that who keeps results in memory reads only those again. Earlier notes stay, as nobody's:
-- their sum must not fall.

-- AlterTable
ALTER TABLE "ResultChange" ADD COLUMN     "experimentId" TEXT NOT NULL DEFAULT '';
ALTER TABLE "ResultChange" ALTER COLUMN "experimentId" DROP DEFAULT;

INSERT INTO "ResultChange" ("experimentId", changes) SELECT DISTINCT "experimentId", 1 FROM "ResultRow";

CREATE OR REPLACE FUNCTION note_result_rows_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "ResultChange" ("experimentId", changes) SELECT DISTINCT "experimentId", 1 FROM added;
  RETURN NULL;
END
$$;

-- Where the marked row of a job went, another of its rows is marked.
CREATE OR REPLACE FUNCTION note_result_rows_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM gone) THEN
    RETURN NULL;
  END IF;
  UPDATE "ResultRow" SET once = true WHERE id IN (
    SELECT min(kept.id) FROM gone
    JOIN "ResultRow" kept ON kept."jobKey" = gone."jobKey" AND kept.combination = gone.combination
    WHERE gone.once GROUP BY kept.combination, kept."jobKey");
  INSERT INTO "ResultChange" ("experimentId", changes) SELECT DISTINCT "experimentId", 1 FROM gone;
  RETURN NULL;
END
$$;

-- Replaces the notes of an experiment by their sum, which stays the same. Of two who do so at a time one finds nothing.
CREATE OR REPLACE FUNCTION sum_result_changes() RETURNS void LANGUAGE sql AS $$
  WITH gone AS (
    DELETE FROM "ResultChange" WHERE "experimentId" IN (
      SELECT "experimentId" FROM "ResultChange" GROUP BY 1 HAVING count(*) > 100) RETURNING "experimentId", changes
  )
  INSERT INTO "ResultChange" ("experimentId", changes) SELECT "experimentId", sum(changes) FROM gone GROUP BY 1
$$;
