-- CreateEnum
CREATE TYPE "ExperimentState" AS ENUM ('submitted', 'running', 'done', 'failed', 'cancelled');

-- CreateEnum
CREATE TYPE "JobKind" AS ENUM ('prepare', 'train', 'query', 'attack');

-- CreateEnum
CREATE TYPE "JobState" AS ENUM ('waiting', 'ready', 'running', 'done', 'failed', 'blocked', 'cancelled');

-- CreateEnum
CREATE TYPE "AttemptOutcome" AS ENUM ('done', 'failed', 'lost', 'cancelled');

-- CreateEnum
CREATE TYPE "DataSource" AS ENUM ('real', 'synthetic');

-- CreateTable
CREATE TABLE "Experiment" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "spec" JSONB NOT NULL,
    "datasets" JSONB NOT NULL,
    "engine" TEXT NOT NULL,
    "state" "ExperimentState" NOT NULL DEFAULT 'submitted',
    "error" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "submittedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finishedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Experiment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Job" (
    "key" TEXT NOT NULL,
    "kind" "JobKind" NOT NULL,
    "params" JSONB NOT NULL,
    "state" "JobState" NOT NULL,
    "pending" INTEGER NOT NULL DEFAULT 0,
    "fence" INTEGER NOT NULL DEFAULT 0,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "enqueuedAt" TIMESTAMPTZ(3),
    "notBefore" TIMESTAMPTZ(3),
    "workerId" TEXT,
    "heartbeat" TIMESTAMPTZ(3),
    "error" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finishedAt" TIMESTAMPTZ(3),
    "seconds" DOUBLE PRECISION,

    CONSTRAINT "Job_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "JobDependency" (
    "jobKey" TEXT NOT NULL,
    "inputKey" TEXT NOT NULL,

    CONSTRAINT "JobDependency_pkey" PRIMARY KEY ("jobKey","inputKey")
);

-- CreateTable
CREATE TABLE "ExperimentJob" (
    "experimentId" TEXT NOT NULL,
    "jobKey" TEXT NOT NULL,
    "cached" BOOLEAN NOT NULL,

    CONSTRAINT "ExperimentJob_pkey" PRIMARY KEY ("experimentId","jobKey")
);

-- CreateTable
CREATE TABLE "Cell" (
    "experimentId" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "repeat" INTEGER NOT NULL,
    "dataset" TEXT NOT NULL,
    "data" "DataSource" NOT NULL,
    "origin" TEXT NOT NULL,
    "records" INTEGER NOT NULL,
    "model" TEXT NOT NULL,
    "modelParams" JSONB NOT NULL,
    "training" JSONB NOT NULL,
    "defense" TEXT NOT NULL,
    "defenseParams" JSONB NOT NULL,
    "attack" TEXT NOT NULL,
    "attackParams" JSONB NOT NULL,
    "jobKey" TEXT NOT NULL,

    CONSTRAINT "Cell_pkey" PRIMARY KEY ("experimentId","index")
);

-- CreateTable
CREATE TABLE "Attempt" (
    "jobKey" TEXT NOT NULL,
    "fence" INTEGER NOT NULL,
    "workerId" TEXT NOT NULL,
    "startedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finishedAt" TIMESTAMPTZ(3),
    "outcome" "AttemptOutcome",
    "error" TEXT,

    CONSTRAINT "Attempt_pkey" PRIMARY KEY ("jobKey","fence")
);

-- CreateTable
CREATE TABLE "Artifact" (
    "jobKey" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "bytes" INTEGER NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Artifact_pkey" PRIMARY KEY ("jobKey","name")
);

-- CreateTable
CREATE TABLE "Result" (
    "jobKey" TEXT NOT NULL,
    "metrics" JSONB NOT NULL,
    "engine" TEXT NOT NULL,
    "machine" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "computeSeconds" DOUBLE PRECISION NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Result_pkey" PRIMARY KEY ("jobKey")
);

-- CreateTable
CREATE TABLE "Worker" (
    "id" TEXT NOT NULL,
    "machine" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "slots" INTEGER NOT NULL,
    "engine" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "startedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "heartbeat" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "stoppedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Worker_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Experiment_name_submittedAt_idx" ON "Experiment"("name", "submittedAt");

-- CreateIndex
CREATE INDEX "Experiment_state_idx" ON "Experiment"("state");

-- CreateIndex
CREATE INDEX "Job_state_enqueuedAt_idx" ON "Job"("state", "enqueuedAt");

-- CreateIndex
CREATE INDEX "JobDependency_inputKey_idx" ON "JobDependency"("inputKey");

-- CreateIndex
CREATE INDEX "ExperimentJob_jobKey_idx" ON "ExperimentJob"("jobKey");

-- CreateIndex
CREATE INDEX "Cell_jobKey_idx" ON "Cell"("jobKey");

-- CreateIndex
CREATE INDEX "Attempt_workerId_idx" ON "Attempt"("workerId");

-- CreateIndex
CREATE INDEX "Artifact_sha256_idx" ON "Artifact"("sha256");

-- AddForeignKey
ALTER TABLE "ExperimentJob" ADD CONSTRAINT "ExperimentJob_experimentId_fkey" FOREIGN KEY ("experimentId") REFERENCES "Experiment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ExperimentJob" ADD CONSTRAINT "ExperimentJob_jobKey_fkey" FOREIGN KEY ("jobKey") REFERENCES "Job"("key") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Cell" ADD CONSTRAINT "Cell_experimentId_fkey" FOREIGN KEY ("experimentId") REFERENCES "Experiment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Cell" ADD CONSTRAINT "Cell_jobKey_fkey" FOREIGN KEY ("jobKey") REFERENCES "Job"("key") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Attempt" ADD CONSTRAINT "Attempt_jobKey_fkey" FOREIGN KEY ("jobKey") REFERENCES "Job"("key") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Artifact" ADD CONSTRAINT "Artifact_jobKey_fkey" FOREIGN KEY ("jobKey") REFERENCES "Job"("key") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Result" ADD CONSTRAINT "Result_jobKey_fkey" FOREIGN KEY ("jobKey") REFERENCES "Job"("key") ON DELETE CASCADE ON UPDATE CASCADE;
