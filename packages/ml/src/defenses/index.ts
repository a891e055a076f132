import { dropout } from "./dropout.ts";
import { none } from "./none.ts";

/** Every defense by name. */
export const defenses = { dropout, none };
