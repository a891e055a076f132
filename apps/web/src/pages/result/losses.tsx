import type { resultDetailSchema } from "@shadowfarm/core/api";
import { useQuery } from "@tanstack/react-query";
import type { z } from "zod";
import { Loaded, PlotShape } from "../../parts/loaded.tsx";
import { Plot } from "../../parts/plot.tsx";
import { plotLossCurves } from "../../plots/loss-curves.ts";
import { queries } from "../../queries.ts";

type Result = z.output<typeof resultDetailSchema>;

/** How the target learnt: its mean loss of each epoch. */
export function Losses({ result }: { result: Result }) {
  const { jobKey, dataset, model, data, metrics } = result;
  const query = useQuery(queries.provenance(jobKey));
  // Of the records that were judged, which are of all classes but in the smallest samples.
  const classes = 1 + Math.max(1, ...metrics.perClass.map(({ label }) => label));
  return (
    <section>
      <h2>Loss of the target in training</h2>
      <Loaded query={query} shape={<PlotShape />}>
        {({ losses }) =>
          !losses || losses.length === 0 ? (
            <p className="faint">
              {losses
                ? `A ${model} has no epochs, and no loss of them.`
                : "The API does not tell the losses of this training."}
            </p>
          ) : (
            <Plot
              name={`loss-${jobKey.slice(0, 10)}`}
              most={560}
              draw={(width) =>
                plotLossCurves(
                  [{ facet: dataset, name: "target", key: jobKey, synthetic: data === "synthetic", losses }],
                  { title: `Loss of ${model} on ${dataset}`, classes, width },
                )
              }
            />
          )
        }
      </Loaded>
    </section>
  );
}
