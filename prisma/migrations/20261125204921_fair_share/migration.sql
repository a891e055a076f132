-- AlterTable
ALTER TABLE "Experiment" ADD COLUMN     "concurrency" INTEGER,
ADD COLUMN     "pass" DOUBLE PRECISION,
ADD COLUMN     "priority" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "user" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "weight" DOUBLE PRECISION NOT NULL DEFAULT 1;

-- AlterTable
ALTER TABLE "Job" ADD COLUMN     "charge" DOUBLE PRECISION,
ADD COLUMN     "chargedTo" TEXT;

-- CreateTable
CREATE TABLE "User" (
    "name" TEXT NOT NULL,
    "weight" DOUBLE PRECISION NOT NULL DEFAULT 1,
    "pass" DOUBLE PRECISION,

    CONSTRAINT "User_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "Offer" (
    "experimentId" TEXT NOT NULL,
    "kind" "JobKind" NOT NULL,
    "jobKey" TEXT NOT NULL,

    CONSTRAINT "Offer_pkey" PRIMARY KEY ("experimentId","kind","jobKey")
);

-- CreateIndex
CREATE INDEX "Offer_jobKey_idx" ON "Offer"("jobKey");

-- What follows is out of the schema's language: partial indexes, which only hold the few rows that the scheduler looks at,
-- and functions.

CREATE INDEX "Job_in_flight" ON "Job" ("chargedTo") WHERE state IN ('ready', 'running') AND "chargedTo" IS NOT NULL;
CREATE INDEX "Job_measured" ON "Job" ("finishedAt") WHERE state = 'done';

-- Offers ready jobs to every running experiment that wants them. A large experiment is offered right after it was written, when
-- the planner knows nothing of it yet: LIMIT and OFFSET keep it from turning the statement round, so that each key is looked up.
CREATE FUNCTION offer_jobs(keys text[]) RETURNS void LANGUAGE sql SET enable_seqscan TO off SET enable_material TO off AS $$
  INSERT INTO "Offer" ("experimentId", kind, "jobKey")
  SELECT wanting.id, job.kind, job.key
  FROM unnest(keys) AS asked(key)
  CROSS JOIN LATERAL (
    SELECT found.key, found.kind FROM "Job" found
    WHERE found.key = asked.key AND found.state::text = 'ready' AND found."chargedTo" IS NULL LIMIT 1
  ) job
  CROSS JOIN LATERAL (
    SELECT active.id FROM "ExperimentJob" wanted
    CROSS JOIN LATERAL (SELECT id FROM "Experiment" WHERE id = wanted."experimentId" AND state = 'running' LIMIT 1) active
    WHERE wanted."jobKey" = job.key OFFSET 0
  ) wanting
  ON CONFLICT DO NOTHING
$$;

-- One row for each running experiment: its part in the shares, what it has in flight, and how many jobs (up to `most`) and of
-- which kind it could be handed next. `queued` and `unsent` are of the whole farm. Bitmap scans are off because they never
-- mark index entries as dead, and nearly all entries of these indexes are; sorts, because the offers' key has their order.
CREATE FUNCTION standings(most int) RETURNS TABLE(
  experiment text, owner text, priority int, weight float8, pass float8, concurrency int, owner_weight float8, owner_pass float8,
  in_flight int, backlog int, kind text, queued int, unsent int
) LANGUAGE sql STABLE SET enable_bitmapscan TO off SET enable_sort TO off AS $$
  WITH flight AS MATERIALIZED (
    SELECT "chargedTo" AS id, count(*) AS jobs, count(*) FILTER (WHERE state = 'ready') AS queued,
           count(*) FILTER (WHERE state = 'ready' AND "enqueuedAt" IS NULL) AS unsent
    FROM "Job" WHERE state IN ('ready', 'running') AND "chargedTo" IS NOT NULL GROUP BY "chargedTo"
  )
  SELECT experiment.id, experiment."user", experiment.priority, experiment.weight, experiment.pass, experiment.concurrency,
         coalesce(owner.weight, 1), owner.pass, coalesce(flight.jobs, 0)::int, offered.jobs::int, offered.kind::text,
         coalesce((SELECT sum(queued) FROM flight), 0)::int, coalesce((SELECT sum(unsent) FROM flight), 0)::int
  FROM "Experiment" experiment
  LEFT JOIN "User" owner ON owner.name = experiment."user"
  LEFT JOIN flight ON flight.id = experiment.id
  CROSS JOIN LATERAL (
    SELECT count(*) AS jobs, max(next.kind) AS kind FROM (
      SELECT offer.kind FROM "Offer" offer JOIN "Job" job ON job.key = offer."jobKey"
      WHERE offer."experimentId" = experiment.id AND job.state::text = 'ready' AND job."chargedTo" IS NULL
        AND (job."notBefore" IS NULL OR job."notBefore" <= now())
      ORDER BY offer.kind DESC, offer."jobKey" DESC LIMIT most
    ) next
  ) offered
  WHERE experiment.state = 'running' ORDER BY experiment.id
$$;

-- Hands jobs out: `wanted[i]` of experiment `ids[i]`, each charged as `costs[i]` seconds, never more than the experiment's
-- concurrency allows. Callers wait for each other, so that this holds for two schedulers as well. `passes` are the passes of
-- the experiments, and `owner_passes` those of the owners (every other owner has nothing to do), before these jobs are charged.
-- Jobs that were handed out before and whose message is to be sent again come first.
CREATE FUNCTION hand_out(
  ids text[], wanted int[], costs float8[], passes float8[], owners text[], owner_passes float8[]
) RETURNS TABLE(key text, fence int) LANGUAGE plpgsql SET enable_bitmapscan TO off SET enable_sort TO off AS $$
#variable_conflict use_column
DECLARE
  room int;
  allowed int;
  handed text[];
BEGIN
  PERFORM pg_advisory_xact_lock(1936222319);
  -- An experiment whose row is locked is being planned or cancelled, and not waited for.
  UPDATE "Experiment" SET pass = row.pass FROM unnest(ids, passes) AS row(id, pass)
  WHERE "Experiment".id = row.id AND "Experiment".id IN (
    SELECT known.id FROM "Experiment" known JOIN unnest(ids, passes) AS given(id, pass) ON given.id = known.id
    WHERE known.pass IS DISTINCT FROM given.pass FOR UPDATE OF known SKIP LOCKED);
  UPDATE "User" SET pass = row.pass FROM unnest(owners, owner_passes) AS row(name, pass)
  WHERE "User".name = row.name AND "User".pass IS DISTINCT FROM row.pass;
  UPDATE "User" SET pass = NULL WHERE pass IS NOT NULL AND name <> ALL(owners);

  RETURN QUERY
    UPDATE "Job" SET "enqueuedAt" = now()
    WHERE state IN ('ready', 'running') AND "chargedTo" IS NOT NULL AND state = 'ready' AND "enqueuedAt" IS NULL
    RETURNING "Job".key, "Job".fence;

  FOR i IN 1 .. coalesce(array_length(ids, 1), 0) LOOP
    room := wanted[i];
    CONTINUE WHEN room <= 0;
    SELECT concurrency INTO allowed FROM "Experiment" WHERE id = ids[i];
    IF allowed IS NOT NULL THEN
      room := least(room, allowed - (
        SELECT count(*) FROM "Job" WHERE state IN ('ready', 'running') AND "chargedTo" IS NOT NULL AND "chargedTo" = ids[i]));
      CONTINUE WHEN room <= 0;
    END IF;
    WITH next AS MATERIALIZED (
      SELECT job.key FROM "Offer" offer JOIN "Job" job ON job.key = offer."jobKey"
      WHERE offer."experimentId" = ids[i] AND job.state::text = 'ready' AND job."chargedTo" IS NULL
        AND (job."notBefore" IS NULL OR job."notBefore" <= now())
      ORDER BY offer.kind DESC, offer."jobKey" DESC LIMIT room FOR UPDATE OF job SKIP LOCKED
    ), taken AS (
      UPDATE "Job" SET "enqueuedAt" = now(), "chargedTo" = ids[i], charge = costs[i]
      WHERE key IN (SELECT next.key FROM next) RETURNING "Job".key
    )
    SELECT array_agg(taken.key) INTO handed FROM taken;
    CONTINUE WHEN handed IS NULL;
    DELETE FROM "Offer" WHERE "jobKey" = ANY(handed);
    PERFORM charge_for(ids[i], costs[i] * cardinality(handed));
    RETURN QUERY SELECT job.key, job.fence FROM "Job" job WHERE job.key = ANY(handed);
  END LOOP;
END
$$;

-- Charges seconds of work to an experiment and its owner, each by its weight.
CREATE FUNCTION charge_for(id text, cost float8) RETURNS void LANGUAGE sql AS $$
  WITH charged AS (
    UPDATE "Experiment" SET pass = coalesce(pass, 0) + cost / weight WHERE "Experiment".id = charge_for.id RETURNING "user"
  )
  UPDATE "User" SET pass = coalesce(pass, 0) + cost / weight FROM charged WHERE "User".name = charged."user"
$$;

-- Charges jobs that a worker claimed along with a held one, without their having been handed out, as that one. Under the lock of
-- `hand_out`, so that the two cannot wait for each other.
CREATE FUNCTION charge_company(held_key text, keys text[]) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  held record;
  came int;
BEGIN
  PERFORM pg_advisory_xact_lock(1936222319);
  DELETE FROM "Offer" WHERE "jobKey" = ANY(keys);
  SELECT "chargedTo", charge INTO held FROM "Job" WHERE key = held_key;
  IF held."chargedTo" IS NULL THEN
    RETURN;
  END IF;
  UPDATE "Job" SET "chargedTo" = held."chargedTo", charge = held.charge WHERE key = ANY(keys) AND "chargedTo" IS NULL;
  GET DIAGNOSTICS came = ROW_COUNT;
  IF came > 0 THEN
    PERFORM charge_for(held."chargedTo", came * held.charge);
  END IF;
END
$$;

-- As before, but that ready jobs are offered to the experiments that want them.
CREATE OR REPLACE FUNCTION commit_job(
  job_key text, held_fence int, took float8, artifacts jsonb, measured jsonb, by_engine text, by_machine text, by_version text
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  became_ready text[];
BEGIN
  PERFORM pg_advisory_xact_lock_shared(1936224364);

  -- `state::text`: the row is looked up by its key. For `state` alone Postgres takes the index on states, where every job
  -- that ever ran has left a dead entry until the next vacuum.
  UPDATE "Job" SET state = 'done', "finishedAt" = now(), seconds = took, error = NULL
  WHERE key = job_key AND state::text = 'running' AND fence = held_fence;
  IF NOT FOUND THEN
    RETURN false;
  END IF;

  UPDATE "Attempt" SET outcome = 'done', "finishedAt" = now() WHERE "jobKey" = job_key AND fence = held_fence;

  INSERT INTO "Artifact" ("jobKey", name, sha256, bytes)
  SELECT job_key, name, sha256, bytes FROM jsonb_to_recordset(artifacts) AS row(name text, sha256 text, bytes int)
  ON CONFLICT ("jobKey", name) DO UPDATE SET sha256 = excluded.sha256, bytes = excluded.bytes;

  IF measured IS NOT NULL THEN
    INSERT INTO "Result" ("jobKey", metrics, engine, machine, version, "computeSeconds")
    VALUES (job_key, measured, by_engine, by_machine, by_version, took)
    ON CONFLICT ("jobKey") DO UPDATE SET metrics = excluded.metrics, engine = excluded.engine, machine = excluded.machine,
      version = excluded.version, "computeSeconds" = excluded."computeSeconds";
  END IF;

  -- Locked in one order, so that two commits with common dependants cannot wait for each other.
  PERFORM key FROM "Job"
  WHERE key IN (SELECT "jobKey" FROM "JobDependency" WHERE "inputKey" = job_key) ORDER BY key FOR UPDATE;

  WITH released AS (
    UPDATE "Job" job SET
      pending = job.pending - 1,
      state = CASE WHEN job.pending = 1 THEN 'ready' ELSE job.state END
    FROM "JobDependency" edge
    WHERE edge."inputKey" = job_key AND job.key = edge."jobKey" AND job.state::text = 'waiting'
    RETURNING job.key, job.state
  )
  SELECT array_agg(key) FILTER (WHERE state = 'ready') INTO became_ready FROM released;
  IF became_ready IS NOT NULL THEN
    PERFORM offer_jobs(became_ready);
    PERFORM pg_notify('shadowfarm_wake', 'jobs');
  END IF;
  RETURN true;
END
$$;

-- Jobs that are ready now were handed out without a charge; they are chosen anew.
UPDATE "Job" SET "enqueuedAt" = NULL WHERE state = 'ready';
SELECT offer_jobs((SELECT array_agg(key) FROM "Job" WHERE state = 'ready'));
-- Nobody is known to have asked for the experiments that are here.
INSERT INTO "User" (name) VALUES ('');
