-- AlterTable
ALTER TABLE "Job" ADD COLUMN     "effort" DOUBLE PRECISION NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "Offer" DROP CONSTRAINT "Offer_pkey",
ADD COLUMN     "effort" DOUBLE PRECISION NOT NULL DEFAULT 0,
ADD CONSTRAINT "Offer_pkey" PRIMARY KEY ("experimentId", "kind", "effort", "jobKey");

-- Of the jobs of a kind those with the most effort come first: what is begun last is short, so that the workers end together. The three
-- functions are as before but for that.
CREATE OR REPLACE FUNCTION offer_jobs(keys text[]) RETURNS void LANGUAGE sql SET enable_seqscan TO off SET enable_material TO off AS $$
  INSERT INTO "Offer" ("experimentId", kind, effort, "jobKey")
  SELECT wanting.id, job.kind, job.effort, job.key
  FROM unnest(keys) AS asked(key)
  CROSS JOIN LATERAL (
    SELECT found.key, found.kind, found.effort FROM "Job" found
    WHERE found.key = asked.key AND found.state::text = 'ready' AND found."chargedTo" IS NULL LIMIT 1
  ) job
  CROSS JOIN LATERAL (
    SELECT active.id FROM "ExperimentJob" wanted
    CROSS JOIN LATERAL (SELECT id FROM "Experiment" WHERE id = wanted."experimentId" AND state = 'running' LIMIT 1) active
    WHERE wanted."jobKey" = job.key OFFSET 0
  ) wanting
  ON CONFLICT DO NOTHING
$$;

CREATE OR REPLACE FUNCTION standings(most int, to_pool text, pool_engine text, pool_labels text[], pool_memory int) RETURNS TABLE(
  experiment text, owner text, priority int, weight float8, pass float8, concurrency int, owner_weight float8, owner_pass float8,
  in_flight int, backlog int, waiting boolean, kind text, queued int, unsent int
) LANGUAGE sql STABLE SET enable_bitmapscan TO off SET enable_sort TO off AS $$
  WITH flight AS MATERIALIZED (
    SELECT "chargedTo" AS id, count(*) AS jobs,
           count(*) FILTER (WHERE state = 'ready' AND (to_pool IS NULL OR pool = to_pool)) AS queued,
           count(*) FILTER (WHERE state = 'ready' AND (to_pool IS NULL OR pool = to_pool) AND "enqueuedAt" IS NULL) AS unsent
    FROM "Job" WHERE state IN ('ready', 'running') AND "chargedTo" IS NOT NULL GROUP BY "chargedTo"
  )
  SELECT experiment.id, experiment."user", experiment.priority, experiment.weight, experiment.pass, experiment.concurrency,
         coalesce(owner.weight, 1), owner.pass, coalesce(flight.jobs, 0)::int, offered.jobs::int,
         EXISTS (SELECT FROM "Offer" WHERE "experimentId" = experiment.id), offered.kind::text,
         coalesce((SELECT sum(queued) FROM flight), 0)::int, coalesce((SELECT sum(unsent) FROM flight), 0)::int
  FROM "Experiment" experiment
  LEFT JOIN "User" owner ON owner.name = experiment."user"
  LEFT JOIN flight ON flight.id = experiment.id
  CROSS JOIN LATERAL (
    SELECT count(*) AS jobs, max(next.kind) AS kind FROM (
      SELECT offer.kind FROM "Offer" offer JOIN "Job" job ON job.key = offer."jobKey"
      WHERE offer."experimentId" = experiment.id AND job.state::text = 'ready' AND job."chargedTo" IS NULL
        AND (job."notBefore" IS NULL OR job."notBefore" <= now())
        AND (to_pool IS NULL OR experiment.labels <@ pool_labels AND experiment.memory <= pool_memory)
        AND offer.kind <= (CASE WHEN to_pool IS NULL OR experiment.engine = pool_engine THEN 'attack' ELSE 'prepare' END)::"JobKind"
        AND (to_pool IS NULL OR experiment.engine = pool_engine OR NOT job.params ? 'engine')
      ORDER BY offer.kind DESC, offer.effort DESC, offer."jobKey" DESC LIMIT most
    ) next
  ) offered
  WHERE experiment.state = 'running' ORDER BY experiment.id
$$;

CREATE OR REPLACE FUNCTION hand_out(
  ids text[], wanted int[], costs float8[], passes float8[], owners text[], owner_passes float8[], to_pool text, pool_engine text
) RETURNS TABLE(key text, fence int) LANGUAGE plpgsql SET enable_bitmapscan TO off SET enable_sort TO off AS $$
#variable_conflict use_column
DECLARE
  room int;
  asked record;
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
      AND (to_pool IS NULL OR pool = to_pool)
    RETURNING "Job".key, "Job".fence;

  FOR i IN 1 .. coalesce(array_length(ids, 1), 0) LOOP
    room := wanted[i];
    CONTINUE WHEN room <= 0;
    SELECT concurrency, to_pool IS NULL OR engine = pool_engine AS all_kinds INTO asked FROM "Experiment" WHERE id = ids[i];
    IF asked.concurrency IS NOT NULL THEN
      room := least(room, asked.concurrency - (
        SELECT count(*) FROM "Job" WHERE state IN ('ready', 'running') AND "chargedTo" IS NOT NULL AND "chargedTo" = ids[i]));
      CONTINUE WHEN room <= 0;
    END IF;
    WITH next AS MATERIALIZED (
      SELECT job.key FROM "Offer" offer JOIN "Job" job ON job.key = offer."jobKey"
      WHERE offer."experimentId" = ids[i] AND job.state::text = 'ready' AND job."chargedTo" IS NULL
        AND (job."notBefore" IS NULL OR job."notBefore" <= now())
        AND offer.kind <= (CASE WHEN asked.all_kinds THEN 'attack' ELSE 'prepare' END)::"JobKind"
        AND (asked.all_kinds OR NOT job.params ? 'engine')
      ORDER BY offer.kind DESC, offer.effort DESC, offer."jobKey" DESC LIMIT room FOR UPDATE OF job SKIP LOCKED
    ), taken AS (
      UPDATE "Job" SET "enqueuedAt" = now(), "chargedTo" = ids[i], charge = costs[i], pool = to_pool
      WHERE key IN (SELECT next.key FROM next) RETURNING "Job".key
    )
    SELECT array_agg(taken.key) INTO handed FROM taken;
    CONTINUE WHEN handed IS NULL;
    DELETE FROM "Offer" WHERE "jobKey" = ANY(handed);
    PERFORM charge_for(ids[i], costs[i] * cardinality(handed));
    RETURN QUERY SELECT job.key, job.fence FROM "Job" job WHERE job.key = ANY(handed)
      ORDER BY job.kind DESC, job.effort DESC, job.key DESC;
  END LOOP;
END
$$;
