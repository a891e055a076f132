import { Agent } from "node:http";
import { parseArgs } from "node:util";
import { fresh, type Questions, usual } from "./questions.ts";
import { get, quantilesOf, say, seconds, whileServed } from "./served.ts";

// `npm run bench:api --silent`: what users wait for, one JSON object a kind of request.
const { values } = parseArgs({
  options: {
    results: { type: "string", default: "1000000" },
    jobs: { type: "string", default: "50000" },
    users: { type: "string", default: "50" },
    seconds: { type: "string", default: "10" },
    only: { type: "string", default: "" },
    database: { type: "string" },
  },
});
const exporting = "export to Parquet";
const users = Number(values.users);
const size = { results: Number(values.results), jobs: Number(values.jobs), database: values.database };

await whileServed(size, async ({ url, peakMb }) => {
  const agent = new Agent({ keepAlive: true, maxSockets: users });
  for (const [name, question] of Object.entries({ ...usual, ...fresh })) {
    if (name.startsWith(values.only)) say(await load(name, question, `${url}/api`, agent));
  }
  if (!exporting.startsWith(values.only)) return agent.destroy();
  const before = await peakMb();
  const started = performance.now();
  const { status, bytes } = await get(`${url}/api/results.parquet`, agent);
  const peaks = { peakMbBefore: before, peakMb: await peakMb() };
  say({ name: exporting, results: size.results, status, bytes, ...peaks, seconds: seconds(started) });
  agent.destroy();
});

/** Each user asks the next question as soon as the last one is answered. */
async function load(name: string, question: Questions, api: string, agent: Agent) {
  const times: number[] = [];
  let errors = 0;
  let asked = 0;
  const until = performance.now() + Number(values.seconds) * 1000;
  await Promise.all(
    Array.from({ length: users }, async () => {
      while (performance.now() < until) {
        const started = performance.now();
        const { status } = await get(`${api}${question(asked++)}`, agent);
        times.push(performance.now() - started);
        if (status !== 200) errors++;
      }
    }),
  );
  return { name, ...quantilesOf(times), errors, requests: times.length };
}
