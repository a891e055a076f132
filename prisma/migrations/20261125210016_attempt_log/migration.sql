-- CreateTable
CREATE TABLE "AttemptLog" (
    "jobKey" TEXT NOT NULL,
    "fence" INTEGER NOT NULL,
    "lines" JSONB NOT NULL,
    "dropped" INTEGER NOT NULL,

    CONSTRAINT "AttemptLog_pkey" PRIMARY KEY ("jobKey","fence")
);

-- AddForeignKey
ALTER TABLE "AttemptLog" ADD CONSTRAINT "AttemptLog_jobKey_fence_fkey" FOREIGN KEY ("jobKey", "fence") REFERENCES "Attempt"("jobKey", "fence") ON DELETE CASCADE ON UPDATE CASCADE;
