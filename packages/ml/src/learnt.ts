import { InvalidInput } from "@shadowfarm/core/errors";
import { sizeOf } from "@shadowfarm/engine/arrays";
import type { Engine } from "@shadowfarm/engine/engine";
import { models } from "./models/index.ts";
import { type OpenNetwork, openNetwork } from "./query.ts";
import type { LearntModel, Model } from "./unit.ts";

/** The records that a model is asked about, encoded, and the classes that it tells apart. */
export interface Question {
  inputShape: readonly number[];
  classes: number;
}

/** A learnt model of any kind, to be asked many times. Networks stay compiled until it is closed. */
export function openLearnt(engine: Engine, model: LearntModel, { inputShape, classes }: Question): OpenNetwork {
  if ("layers" in model) return openNetwork(engine, { ...model, inputShape });
  if ("unit" in model) {
    const unit = (models as Readonly<Record<string, Model>>)[model.unit.name];
    if (!unit || "layers" in unit)
      throw new InvalidInput(`${model.unit.name} is no classifier that can be asked by itself`);
    const width = sizeOf(inputShape);
    return { ask: async (features) => unit.ask(model.learnt, { features, width, classes }), close: () => {} };
  }
  const parts = model.parts.map((part) => openLearnt(engine, part, { inputShape, classes }));
  const top = openLearnt(engine, model.top, { inputShape: [parts.length * classes], classes });
  return {
    async ask(features, signal) {
      const answers: Float32Array[] = [];
      for (const part of parts) answers.push(await part.ask(features, signal));
      return top.ask(sideBySide(answers, classes), signal);
    },
    close() {
      for (const one of [...parts, top]) one.close();
    },
  };
}

/** Answers of several models on the same records as one row a record: the input of the model that combines them. */
export function sideBySide(answers: readonly Float32Array[], classes: number): Float32Array {
  const records = (answers[0]?.length ?? 0) / classes;
  const rows = new Float32Array(records * answers.length * classes);
  answers.forEach((own, at) => {
    for (let record = 0; record < records; record++) {
      rows.set(own.subarray(record * classes, (record + 1) * classes), (record * answers.length + at) * classes);
    }
  });
  return rows;
}
