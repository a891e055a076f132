-- CreateTable
CREATE TABLE "Checkpoint" (
    "jobKey" TEXT NOT NULL,
    "fence" INTEGER NOT NULL,
    "artifacts" JSONB NOT NULL,
    "savedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Checkpoint_pkey" PRIMARY KEY ("jobKey")
);

-- AddForeignKey
ALTER TABLE "Checkpoint" ADD CONSTRAINT "Checkpoint_jobKey_fkey" FOREIGN KEY ("jobKey") REFERENCES "Job"("key") ON DELETE CASCADE ON UPDATE CASCADE;
