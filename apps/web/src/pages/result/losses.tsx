import type { resultDetailSchema } from "@shadowfarm/core/api/results";
import { useQuery } from "@tanstack/react-query";
import type { z } from "zod";
import { Loaded, PlotShape } from "../../parts/loaded.tsx";
import { Plot } from "../../parts/plot.tsx";
import { plotLossCurves } from "../../plots/loss-curves.ts";
import { provenanceOf } from "./provenance.ts";

type Result = z.output<typeof resultDetailSchema>;

/** How the target learnt, and some of the other models that went into the result: the mean loss of each epoch. */
export function Losses({ result }: { result: Result }) {
  const { jobKey, dataset, model, data } = result;
  const query = useQuery(provenanceOf(jobKey));
  return (
    <section>
      <h2>Losses in training</h2>
      <Loaded query={query} shape={<PlotShape />}>
        {({ losses, classes, unread }) => {
          const known = losses.filter((own) => own.losses.length > 0);
          if (known.length === 0 || classes === null) {
            return (
              <p className="faint">
                {unread.join("; ") || `A ${model} is trained without epochs: it has no loss of them.`}
              </p>
            );
          }
          const curves = known.map(({ key, owner, losses: own }) => ({
            ...{ facet: dataset, name: nameOf(owner), key, synthetic: data === "synthetic", losses: own },
          }));
          return (
            <Plot
              name={`losses-${jobKey.slice(0, 10)}`}
              most={560}
              draw={(width) => plotLossCurves(curves, { title: `Losses of ${model} on ${dataset}`, classes, width })}
            />
          );
        }}
      </Loaded>
    </section>
  );
}

/** The attacker's own models are numbered. */
function nameOf(owner: string): string {
  return /^\d+$/.test(owner) ? `shadow ${owner}` : owner;
}
