-- DropForeignKey
ALTER TABLE "Cell" DROP CONSTRAINT "Cell_experimentId_fkey";

-- DropForeignKey
ALTER TABLE "Cell" DROP CONSTRAINT "Cell_jobKey_fkey";

-- DropForeignKey
ALTER TABLE "ExperimentJob" DROP CONSTRAINT "ExperimentJob_experimentId_fkey";

-- DropForeignKey
ALTER TABLE "ExperimentJob" DROP CONSTRAINT "ExperimentJob_jobKey_fkey";

-- What follows is out of the schema's language: a trigger. It costs nothing until an experiment is deleted.
CREATE FUNCTION forget_plans() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM "Cell" WHERE "experimentId" IN (SELECT id FROM gone);
  DELETE FROM "ExperimentJob" WHERE "experimentId" IN (SELECT id FROM gone);
  DELETE FROM "Offer" WHERE "experimentId" IN (SELECT id FROM gone);
  DELETE FROM "JobCount" WHERE "experimentId" IN (SELECT id FROM gone);
  RETURN NULL;
END
$$;
CREATE TRIGGER "Experiment_forget_plans" AFTER DELETE ON "Experiment" REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION forget_plans();
