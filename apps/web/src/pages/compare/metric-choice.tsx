import { Choice } from "../../parts/choice.tsx";
import type { TabProps } from "./tab.ts";
import { comparable, type Metric } from "./view.ts";

const options = Object.entries(comparable).map(([value, { title }]) => ({ value: value as Metric, label: title }));

export function MetricChoice({ view, change, only }: Pick<TabProps, "view" | "change"> & { only?: readonly Metric[] }) {
  return (
    <Choice
      label="Measure"
      value={view.metric}
      options={only ? options.filter(({ value }) => only.includes(value)) : options}
      onChange={(metric) => change({ metric })}
    />
  );
}
