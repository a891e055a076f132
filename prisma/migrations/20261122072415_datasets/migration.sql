-- AlterTable
ALTER TABLE "Cell" ADD COLUMN     "datasetParams" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "split" TEXT NOT NULL DEFAULT 'quarters';
