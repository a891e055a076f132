-- CreateTable
CREATE TABLE "JobCount" (
    "id" BIGSERIAL NOT NULL,
    "experimentId" TEXT NOT NULL,
    "kind" "JobKind" NOT NULL,
    "state" "JobState" NOT NULL,
    "jobs" INTEGER NOT NULL,
    "cached" INTEGER NOT NULL,
    "seconds" DOUBLE PRECISION NOT NULL,
    "computed" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "JobCount_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "JobCount_experimentId_idx" ON "JobCount"("experimentId");

-- What follows is out of the schema's language: triggers and functions.

-- Whoever changes a job's state holds the lock that plans wait for (store/plans.ts), so that the counts of a plan are right.
CREATE FUNCTION hold_plan_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(1936224364);
  RETURN NULL;
END
$$;
CREATE TRIGGER "Job_state_lock" BEFORE UPDATE OF state ON "Job" FOR EACH STATEMENT EXECUTE FUNCTION hold_plan_lock();

-- Notes for each experiment how many jobs came to a state and left it. What did not change cancels out; a join of the rows before
-- and after would be cheaper for those, and ruinous for many rows when it was planned for one.
CREATE FUNCTION note_job_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "JobCount" ("experimentId", kind, state, jobs, cached, seconds, computed)
  SELECT wanted."experimentId", change.kind, change.state, sum(change.jobs), coalesce(sum(change.jobs) FILTER (WHERE wanted.cached), 0),
         sum(change.jobs * change.seconds), coalesce(sum(change.jobs * change.seconds) FILTER (WHERE NOT wanted.cached), 0)
  FROM (
    SELECT key, kind, state, CASE WHEN state::text = 'done' THEN coalesce(seconds, 0) ELSE 0 END AS seconds, signed.jobs
    FROM (SELECT key, kind, state, seconds, -1 AS jobs FROM was UNION ALL SELECT key, kind, state, seconds, 1 FROM now_is) signed
  ) change
  JOIN "ExperimentJob" wanted ON wanted."jobKey" = change.key
  GROUP BY wanted."experimentId", change.kind, change.state HAVING sum(change.jobs) <> 0;
  RETURN NULL;
END
$$;
CREATE TRIGGER "Job_counts" AFTER UPDATE ON "Job" REFERENCING OLD TABLE AS was NEW TABLE AS now_is
FOR EACH STATEMENT EXECUTE FUNCTION note_job_counts();

-- Counts an experiment's jobs from the start. Its caller holds the lock exclusively.
CREATE FUNCTION count_jobs(id text) RETURNS void LANGUAGE sql AS $$
  DELETE FROM "JobCount" WHERE "experimentId" = count_jobs.id;
  INSERT INTO "JobCount" ("experimentId", kind, state, jobs, cached, seconds, computed)
  SELECT wanted."experimentId", job.kind, job.state, count(*), count(*) FILTER (WHERE wanted.cached),
         coalesce(sum(job.seconds) FILTER (WHERE job.state = 'done'), 0),
         coalesce(sum(job.seconds) FILTER (WHERE job.state = 'done' AND NOT wanted.cached), 0)
  FROM "ExperimentJob" wanted JOIN "Job" job ON job.key = wanted."jobKey"
  WHERE wanted."experimentId" = count_jobs.id GROUP BY wanted."experimentId", job.kind, job.state
$$;

-- Sums the notes up. Under the lock: a plan that is counted at this moment would keep a sum beside its own.
CREATE FUNCTION sum_job_counts() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(1936224364);
  WITH gone AS (
    DELETE FROM "JobCount" WHERE "experimentId" IN (
      SELECT "experimentId" FROM "JobCount" GROUP BY "experimentId" HAVING count(*) > 100)
    RETURNING *
  )
  INSERT INTO "JobCount" ("experimentId", kind, state, jobs, cached, seconds, computed)
  SELECT "experimentId", kind, state, sum(jobs), sum(cached), sum(seconds), sum(computed) FROM gone
  GROUP BY "experimentId", kind, state HAVING sum(jobs) <> 0 OR sum(cached) <> 0;
END
$$;

-- Commits finished jobs in one transaction, as many as a worker has at that moment: done, artifacts, results, dependants released.
-- `batch` is an array of { key, fence, seconds, artifacts, metrics, engine, machine, version }. Returns the keys of those that
-- were committed; for the others, whose claim is no longer the newest, nothing is written. A function, so that it is one round
-- trip, and so that each statement sees what was committed before the lock was had. `state::text`: rows are looked up by their
-- keys. For `state` alone Postgres takes the index on states, where every job that ever ran has left a dead entry until the next
-- vacuum. After a large plan Postgres knows nothing of its tables, and would read them whole.
CREATE FUNCTION commit_jobs(batch jsonb) RETURNS text[] LANGUAGE plpgsql
SET enable_seqscan TO off SET enable_hashjoin TO off SET enable_mergejoin TO off AS $$
DECLARE
  committed text[];
  became_ready text[];
BEGIN
  PERFORM pg_advisory_xact_lock_shared(1936224364);

  WITH finished AS (
    UPDATE "Job" job SET state = 'done', "finishedAt" = now(), seconds = given.seconds, error = NULL
    FROM jsonb_to_recordset(batch) AS given(key text, fence int, seconds float8)
    WHERE job.key = given.key AND job.state::text = 'running' AND job.fence = given.fence
    RETURNING job.key
  )
  SELECT array_agg(key) INTO committed FROM finished;
  IF committed IS NULL THEN
    RETURN '{}';
  END IF;

  UPDATE "Attempt" attempt SET outcome = 'done', "finishedAt" = now()
  FROM jsonb_to_recordset(batch) AS given(key text, fence int)
  WHERE attempt."jobKey" = given.key AND attempt.fence = given.fence AND given.key = ANY(committed);

  INSERT INTO "Artifact" ("jobKey", name, sha256, bytes)
  SELECT given.key, artifact.name, artifact.sha256, artifact.bytes
  FROM jsonb_to_recordset(batch) AS given(key text, artifacts jsonb)
  CROSS JOIN LATERAL jsonb_to_recordset(given.artifacts) AS artifact(name text, sha256 text, bytes int)
  WHERE given.key = ANY(committed)
  ON CONFLICT ("jobKey", name) DO UPDATE SET sha256 = excluded.sha256, bytes = excluded.bytes;

  INSERT INTO "Result" ("jobKey", metrics, engine, machine, version, "computeSeconds")
  SELECT key, metrics, engine, machine, version, seconds
  FROM jsonb_to_recordset(batch) AS given(key text, metrics jsonb, engine text, machine text, version text, seconds float8)
  WHERE key = ANY(committed) AND metrics IS NOT NULL
  ON CONFLICT ("jobKey") DO UPDATE SET metrics = excluded.metrics, engine = excluded.engine, machine = excluded.machine,
    version = excluded.version, "computeSeconds" = excluded."computeSeconds";

  -- Locked in one order, so that two commits with common dependants cannot wait for each other; and no stronger than an update
  -- locks, since a plan that waits for this commit holds the keys of jobs that it wants.
  PERFORM key FROM "Job"
  WHERE key IN (SELECT "jobKey" FROM "JobDependency" WHERE "inputKey" = ANY(committed)) ORDER BY key FOR NO KEY UPDATE;

  WITH edge AS (
    SELECT "jobKey", count(*)::int AS inputs FROM "JobDependency" WHERE "inputKey" = ANY(committed) GROUP BY "jobKey"
  ), released AS (
    UPDATE "Job" job SET
      pending = job.pending - edge.inputs,
      state = CASE WHEN job.pending = edge.inputs THEN 'ready' ELSE job.state END
    FROM edge WHERE job.key = edge."jobKey" AND job.state::text = 'waiting'
    RETURNING job.key, job.state
  )
  SELECT array_agg(key) FILTER (WHERE state = 'ready') INTO became_ready FROM released;
  IF became_ready IS NOT NULL THEN
    PERFORM offer_jobs(became_ready);
    PERFORM pg_notify('shadowfarm_wake', 'jobs');
  END IF;
  RETURN committed;
END
$$;
DROP FUNCTION commit_job;

SELECT count_jobs(id) FROM "Experiment";
