import type { AttackParams } from "@shadowfarm/core/job";
import { createRng } from "@shadowfarm/core/rng";
import { judge } from "@shadowfarm/ml/judge";
import { labelsOnly } from "@shadowfarm/ml/query";
import type { AttackInput, KnownAnswers, Probed } from "@shadowfarm/ml/unit";
import type { Bundle } from "@shadowfarm/store/tensors";
import type { ExecutorContext, Made, PosteriorsMeta, ReadInput, RecordsMeta } from "./contract.ts";
import { tensorOf } from "./inputs.ts";
import { attackNamed } from "./units.ts";

/**
 * Posteriors → one score a record, and their metrics. The attack is not shown the target's membership; it is joined here,
 * after the attack has answered.
 */
export async function attack(params: AttackParams, context: ExecutorContext): Promise<Made> {
  const { inputs, engine, seed } = params;
  const target = await context.read(inputs.target, "posteriors");
  const input = await inputOf(params, target, context.read);
  const { run } = attackNamed(params.attack);
  const rng = createRng(seed).child("attack", params.attack.name);
  const { signal } = context;
  const output = await run(input, params.attack.params, { rng, engine: await context.openEngine(engine), signal });

  const { scores } = output;
  const { labels } = input.target;
  const isMember = tensorOf(target, "isMember", Uint8Array).data;
  const judged = judge(output, input, isMember, await queriesToMake(params, context));
  const { privacy } = target.meta as PosteriorsMeta;
  const metrics = { ...judged, ...(privacy && { privacy }) };
  const shape = [scores.length];
  const indices = tensorOf(target, "indices", Uint32Array).data;
  // With the truth beside them, so that any metric can be computed anew from this artifact alone.
  const tensors = {
    scores: { shape, data: scores },
    isMember: { shape, data: isMember },
    indices: { shape, data: indices },
    labels: { shape, data: labels },
  };
  return { bundles: { scores: { meta: {}, tensors } }, metrics };
}

async function inputOf({ inputs, access }: AttackParams, target: Bundle, read: ReadInput): Promise<AttackInput> {
  const answersOf = (bundle: Bundle): KnownAnswers => {
    const { classes, views } = bundle.meta as PosteriorsMeta;
    const posteriors = tensorOf(bundle, "posteriors", Float32Array).data;
    return {
      classes,
      views,
      posteriors: access === "labels" ? labelsOnly(posteriors, classes) : posteriors,
      labels: tensorOf(bundle, "labels", Int32Array).data,
      isMember: tensorOf(bundle, "isMember", Uint8Array).data,
    };
  };
  const readAll = (keys: readonly string[]) =>
    Promise.all(keys.map(async (key) => answersOf(await read(key, "posteriors"))));
  const { isMember: _, ...answers } = answersOf(target);
  const [ofTarget, ...ofShadows] = await Promise.all(
    inputs.probed.map(async (key) => foundIn(await read(key, "probed"))),
  );
  const shadows = await readAll(inputs.shadows);
  const [ownPopulation, ...population] = await readAll(inputs.population);
  const random = inputs.randomPoints === null ? null : await read(inputs.randomPoints, "posteriors");
  return {
    target: { ...answers, ...(ofTarget && { probed: ofTarget }) },
    shadows: shadows.map((answers, at) => ({ ...answers, ...(ofShadows[at] && { probed: ofShadows[at] }) })),
    references: await readAll(inputs.references),
    population: ownPopulation ? { target: ownPopulation, references: population } : null,
    randomPoints: random && tensorOf(random, "posteriors", Float32Array).data,
    ...(inputs.probedRandomPoints !== null && {
      probedRandomPoints: foundIn(await read(inputs.probedRandomPoints, "probed")),
    }),
  };
}

function foundIn(bundle: Bundle): Probed {
  const names = Object.keys(bundle.tensors).filter((name) => name !== "queries");
  return {
    arrays: Object.fromEntries(names.map((name) => [name, tensorOf(bundle, name, Float32Array).data])),
    queries: tensorOf(bundle, "queries", Uint32Array).data,
  };
}

/** How often the target was asked to make up records, besides what the attack is given. */
async function queriesToMake({ inputs }: AttackParams, { open }: ExecutorContext): Promise<number> {
  let queries = 0;
  for (const key of inputs.made) {
    const records = await open(key, "records");
    queries += (records.meta as RecordsMeta).queries ?? 0;
    await records.close();
  }
  return queries;
}
