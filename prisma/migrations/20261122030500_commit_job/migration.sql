-- Commits a finished job: done, artifacts, result, dependants released. Returns false, with nothing written, when the claim
-- is no longer the newest. A function, so that it is one round trip, and so that each statement sees what was committed
-- before the lock was had (store/plans.ts says what the lock is for).
CREATE FUNCTION commit_job(
  job_key text, held_fence int, took float8, artifacts jsonb, measured jsonb, by_engine text, by_machine text, by_version text
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  became_ready int;
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
    RETURNING job.state
  )
  SELECT count(*) FILTER (WHERE state = 'ready') INTO became_ready FROM released;
  IF became_ready > 0 THEN
    PERFORM pg_notify('shadowfarm_wake', 'jobs');
  END IF;
  RETURN true;
END
$$;
