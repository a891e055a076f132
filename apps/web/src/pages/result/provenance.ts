import { queries } from "../../queries.ts";

/** Of so many of the attacker's own models the losses are drawn beside the target's. */
const SHADOWS = 4;

/** What a result is made of, asked for once by all that show a part of it. */
export const provenanceOf = (jobKey: string) => queries.provenance(jobKey, { shadows: SHADOWS });
