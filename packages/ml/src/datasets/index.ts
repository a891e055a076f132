import { location } from "./location.ts";
import { mnist } from "./mnist.ts";

/** Every dataset by name. */
export const datasets = { location, mnist };
