-- Whether an experiment found a job done is told by when it asked, so that asking again writes nothing about a hundred thousand jobs.

-- AlterTable
ALTER TABLE "Experiment" ADD COLUMN     "askedAt" TIMESTAMPTZ(3);
UPDATE "Experiment" SET "askedAt" = "submittedAt" WHERE state <> 'submitted';

-- AlterTable
ALTER TABLE "ExperimentJob" ADD COLUMN     "askedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp();
UPDATE "ExperimentJob" wanted SET "askedAt" = "submittedAt" FROM "Experiment" WHERE id = wanted."experimentId";

-- What follows is out of the schema's language: functions.

-- A job in a state, done at a time, is cached for an experiment that asked for it, or for all of its jobs anew, no earlier.
CREATE FUNCTION is_cached(state "JobState", done_at timestamptz, asked_at timestamptz, asked_anew timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
  SELECT state::text = 'done' AND done_at <= greatest(asked_at, asked_anew)
$$;

-- As before, but for how it is told what is cached.
CREATE OR REPLACE FUNCTION note_job_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "JobCount" ("experimentId", kind, state, jobs, cached, seconds, computed)
  SELECT wanted."experimentId", change.kind, change.state, sum(change.jobs), coalesce(sum(change.jobs) FILTER (WHERE known), 0),
         sum(change.jobs * change.seconds), coalesce(sum(change.jobs * change.seconds) FILTER (WHERE NOT known), 0)
  FROM (
    SELECT key, kind, state, "finishedAt", CASE WHEN state::text = 'done' THEN coalesce(seconds, 0) ELSE 0 END AS seconds, signed.jobs
    FROM (
      SELECT key, kind, state, "finishedAt", seconds, -1 AS jobs FROM was
      UNION ALL SELECT key, kind, state, "finishedAt", seconds, 1 FROM now_is) signed
  ) change
  JOIN "ExperimentJob" wanted ON wanted."jobKey" = change.key
  JOIN "Experiment" experiment ON experiment.id = wanted."experimentId"
  CROSS JOIN LATERAL is_cached(change.state, change."finishedAt", wanted."askedAt", experiment."askedAt") AS known
  GROUP BY wanted."experimentId", change.kind, change.state HAVING sum(change.jobs) <> 0;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION count_jobs(id text) RETURNS void LANGUAGE sql AS $$
  DELETE FROM "JobCount" WHERE "experimentId" = count_jobs.id;
  INSERT INTO "JobCount" ("experimentId", kind, state, jobs, cached, seconds, computed)
  SELECT wanted."experimentId", job.kind, job.state, count(*), count(*) FILTER (WHERE known),
         coalesce(sum(job.seconds) FILTER (WHERE job.state = 'done'), 0),
         coalesce(sum(job.seconds) FILTER (WHERE job.state = 'done' AND NOT known), 0)
  FROM "ExperimentJob" wanted
  JOIN "Job" job ON job.key = wanted."jobKey"
  JOIN "Experiment" experiment ON experiment.id = wanted."experimentId"
  CROSS JOIN LATERAL is_cached(job.state, job."finishedAt", wanted."askedAt", experiment."askedAt") AS known
  WHERE wanted."experimentId" = count_jobs.id GROUP BY wanted."experimentId", job.kind, job.state
$$;

ALTER TABLE "ExperimentJob" DROP COLUMN "cached";
SELECT count_jobs(id) FROM "Experiment";
