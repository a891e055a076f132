/** The version of this Shadowfarm, kept with each result. */
export const VERSION = "0.1.0";
