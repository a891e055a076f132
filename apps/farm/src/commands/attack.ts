import path from "node:path";
import { InvalidInput } from "@shadowfarm/core/errors";
import { createRng } from "@shadowfarm/core/rng";
import { openEngine } from "@shadowfarm/engine/backends";
import { type ImportedArrays, importAnswers } from "@shadowfarm/ml/imported-answers";
import { readyFor } from "@shadowfarm/ml/imported-attack";
import { judge } from "@shadowfarm/ml/judge";
import { readArray } from "../array-file.ts";
import {
  type Attacked,
  attackedJson,
  attackTable,
  describeAnswers,
  type Refused,
  scoresCsv,
} from "../attack-output.ts";
import { type AttackSpec, allAttacks, parseAttack } from "../attack-spec.ts";
import type { FarmConfig } from "../config.ts";
import { EXIT } from "../session.ts";
import { checkWritable, writeWhole } from "../whole-file.ts";

interface AttackOptions {
  posteriors: string;
  labels: string;
  membership: string;
  populationPosteriors?: string;
  populationLabels?: string;
  target?: number;
  attack?: string[];
  scores?: string;
  seed: number;
  json?: boolean;
}

/** `attack --posteriors FILE --labels FILE --membership FILE`: attacks on posteriors made elsewhere, without a database. */
export async function attackFiles(config: FarmConfig, options: AttackOptions): Promise<number> {
  const named = options.attack?.map(parseAttack);
  const twice = options.attack?.find((text, at, all) => all.indexOf(text) < at);
  if (twice !== undefined) throw new InvalidInput(`--attack ${twice}: named twice; remove one`);
  if (options.scores !== undefined) await checkScoresFile(options.scores, options);
  const answers = importAnswers(await readArrays(options), options.target);

  const refused: Refused[] = [];
  const unlessRefused = async <T>({ text }: AttackSpec, step: () => T | Promise<T>): Promise<T[]> => {
    try {
      return [await step()];
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      // One that was asked for by name must apply; of all that there are, some do not.
      if (named) throw new InvalidInput(error.problems.map((problem) => `--attack ${text}: ${problem}`));
      refused.push({ attack: text, reason: error.message });
      return [];
    }
  };
  const ready = [];
  for (const spec of named ?? allAttacks) {
    ready.push(...(await unlessRefused(spec, () => ({ spec, ...readyFor(spec.attack, spec.given, answers) }))));
  }
  const engine = await openEngine(config.engine, { nchwc: config.nchwc });
  const attacked: Attacked[] = [];
  for (const { spec, params, input } of ready) {
    const rng = createRng(options.seed).child("attack", spec.attack.name);
    const made = await unlessRefused(spec, async () => {
      const output = await spec.attack.run(input, params, { rng, engine });
      return { spec, params, scores: output.scores, metrics: judge(output, input, answers.isMember) };
    });
    attacked.push(...made);
  }

  if (options.scores !== undefined) await writeWhole(options.scores, scoresCsv(attacked, answers), "--scores");
  if (options.json) process.stdout.write(`${JSON.stringify(attackedJson(attacked, refused, answers), null, 2)}\n`);
  else {
    process.stdout.write(`${attackTable(attacked)}\n\n${describeAnswers(answers)}\n`);
    for (const { attack, reason } of refused) process.stderr.write(`not applicable: ${attack}: ${reason}\n`);
  }
  return EXIT.ok;
}

async function readArrays(options: AttackOptions): Promise<ImportedArrays> {
  const { populationPosteriors, populationLabels } = options;
  if ((populationPosteriors === undefined) !== (populationLabels === undefined)) {
    const [given, missing] = populationLabels === undefined ? ["posteriors", "labels"] : ["labels", "posteriors"];
    throw new InvalidInput(`--population-${given} alone is not enough; give --population-${missing}, too`);
  }
  return {
    posteriors: await readArray(options.posteriors),
    labels: await readArray(options.labels),
    membership: await readArray(options.membership),
    population:
      populationPosteriors === undefined || populationLabels === undefined
        ? null
        : { posteriors: await readArray(populationPosteriors), labels: await readArray(populationLabels) },
  };
}

/** The scores must not end up in place of what they are made from. */
async function checkScoresFile(scores: string, options: AttackOptions): Promise<void> {
  const { posteriors, labels, membership, populationPosteriors, populationLabels } = options;
  const inputs = [posteriors, labels, membership, populationPosteriors, populationLabels];
  if (inputs.some((input) => input !== undefined && path.resolve(input) === path.resolve(scores))) {
    throw new InvalidInput(`${scores}: the attacks read it, too; give another place with --scores`);
  }
  await checkWritable(scores, "--scores");
}
