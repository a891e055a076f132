/** What a process of a benchmark has used. */
export interface Usage {
  cpuMs: number;
  /** The longest that its loop was held, since it was last asked. */
  blockedMs: number;
}
