import { runWorker } from "./start.ts";

await runWorker(process.env);
