import { fingerprint } from "./fingerprint.ts";
import { kindVersions } from "./job.ts";

/** Raised when a job's parameters are written in another way, or a worker does something else with the rows of the database. */
const ROWS = 1;

/** What a scheduler and its workers must agree on: how jobs are written, and what their numbers mean. Eight hexadecimal digits. */
export const PROTOCOL = fingerprint({ ROWS, kindVersions }).slice(0, 8);
