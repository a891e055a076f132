-- DropForeignKey
ALTER TABLE "Cell" DROP CONSTRAINT "Cell_experimentId_fkey";

-- DropForeignKey
ALTER TABLE "Cell" DROP CONSTRAINT "Cell_jobKey_fkey";

-- DropForeignKey
ALTER TABLE "ExperimentJob" DROP CONSTRAINT "ExperimentJob_experimentId_fkey";

-- DropForeignKey
ALTER TABLE "ExperimentJob" DROP CONSTRAINT "ExperimentJob_jobKey_fkey";
