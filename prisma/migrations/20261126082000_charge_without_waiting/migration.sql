-- As before, but an experiment whose row is locked is not charged: it is being planned, which begins its pass anew, or cancelled. Whoever
-- charges holds jobs and offers that such a plan waits for, and both would wait for each other.
CREATE OR REPLACE FUNCTION charge_for(id text, cost float8) RETURNS void LANGUAGE sql AS $$
  WITH free AS (
    SELECT known.id FROM "Experiment" known WHERE known.id = charge_for.id FOR NO KEY UPDATE SKIP LOCKED
  ), charged AS (
    UPDATE "Experiment" SET pass = coalesce(pass, 0) + cost / weight WHERE "Experiment".id IN (SELECT free.id FROM free)
  )
  UPDATE "User" SET pass = coalesce("User".pass, 0) + cost / "User".weight
  FROM "Experiment" charged_to WHERE charged_to.id = charge_for.id AND "User".name = charged_to."user"
$$;
