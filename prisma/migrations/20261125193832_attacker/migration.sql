-- AlterTable
ALTER TABLE "Cell" ADD COLUMN     "attacker" TEXT NOT NULL DEFAULT 'aware';
