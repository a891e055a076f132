import type { jobDetailSchema, jobRowSchema } from "@shadowfarm/core/api/jobs";
import type { JobDetail, JobRow } from "@shadowfarm/store/job-rows";
import type { z } from "zod";

/** A time as JSON has it. */
export function time(date: Date): string;
export function time(date: Date | null): string | null;
export function time(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}

export function jobRowAnswer(job: JobRow): z.infer<typeof jobRowSchema> {
  return { ...job, createdAt: time(job.createdAt), finishedAt: time(job.finishedAt) };
}

export function jobAnswer(job: JobDetail): z.infer<typeof jobDetailSchema> {
  return { ...job, createdAt: time(job.createdAt), finishedAt: time(job.finishedAt) };
}
