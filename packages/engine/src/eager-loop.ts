import type * as tfTypes from "@tensorflow/tfjs";
import { concatenate, mapValues, sizeOf, toTensors } from "./arrays.ts";
import { uniformNumbers } from "./counter-hash.ts";
import type { ArrayValue, Loop, LoopProgram, Settings, Tensors } from "./engine.ts";
import { checkedRecords, Progress, runInBlocks, scalarsAt, seedsOf } from "./loop.ts";
import { tfjs } from "./tfjs.ts";
import { turn } from "./turn.ts";

/** Computing holds the event loop for about this long at most, or for one step if that takes longer. */
const blockMs = 50;
/** Steps whose losses are read back together: on a GPU, reading one waits for it. */
const blockSteps = 64;

/** A program run step by step with TF.js. Data and state stay in its backend. */
export function eagerLoop(activate: () => void, program: LoopProgram): Loop {
  const tf = tfjs();
  const records = checkedRecords(program);
  const data = toTensors(program.data);
  const progress = new Progress(program);
  const { seeds, axis } = seedsOf(program);
  let state = toTensors(program.state);

  /** Step `at` of a run, which comes `ahead` steps after those whose losses were seen. */
  const runStep = (rows: Uint32Array, ahead: number, settings: Settings, at: number): tfTypes.Tensor => {
    const step = progress.stepsDone + ahead;
    const numbers = scalarsAt(program, step, settings, at);
    const next = tf.tidy(() => {
      let call = 0;
      const uniform = (shape: readonly number[]): tfTypes.Tensor => {
        const numbers = seeds.map((seed) => uniformNumbers(seed, step, call, sizeOf(shape)));
        call++;
        return tf.tensor(concatenate(numbers), axis ? [seeds.length, ...shape] : [...shape]);
      };
      const index = tf.tensor1d(Int32Array.from(rows), "int32");
      const batch = mapValues(data, (values) => tf.gather(values, index));
      const scalars = mapValues(numbers, (value) => tf.scalar(value));
      return program.step(state, batch, { uniform, scalars });
    });
    const old = state;
    state = mapValues(old, (_, name) => next.state[name] as tfTypes.Tensor);
    tf.dispose(Object.values(old).filter((tensor) => !Object.values(state).includes(tensor)));
    return next.loss;
  };

  return {
    run: (indices, batch, options = {}) =>
      runInBlocks({ records, progress }, indices, batch, options, async (rows, settings, at) => {
        activate();
        const block: tfTypes.Tensor[] = [];
        const most = Math.min(blockSteps, rows.length / batch);
        const started = performance.now();
        try {
          do {
            const first = block.length * batch;
            block.push(runStep(rows.subarray(first, first + batch), block.length, settings, at + block.length));
          } while (block.length < most && performance.now() - started < blockMs);
          const losses = (await Promise.all(block.map((loss) => loss.data()))) as Float32Array[];
          await turn();
          return { steps: block.length, losses: concatenate(losses) };
        } finally {
          tf.dispose(block);
        }
      }),
    async state() {
      const arrays: Record<string, ArrayValue> = {};
      for (const [name, tensor] of Object.entries(state)) {
        arrays[name] = { shape: tensor.shape, data: Float32Array.from(await tensor.data()) };
      }
      return arrays;
    },
    dispose() {
      tf.dispose([data, state] satisfies Tensors[]);
    },
  };
}
