import { measures } from "@shadowfarm/core/dimensions";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Menu } from "../../parts/menu.tsx";
import { Range } from "../../parts/range.tsx";
import { valueText } from "../../parts/words.ts";
import { queries } from "../../queries.ts";
import type { TabProps } from "./tab.ts";

/** Offered at once; the others, parameters among them, when they are asked for. */
const usual = ["dataset", "attack", "defense", "model", "data", "experiment"];

/** Which results are looked at. */
export function FilterBar({ filters, change }: Pick<TabProps, "filters" | "change">) {
  const { data } = useQuery(queries.dimensions());
  const [added, setAdded] = useState<string[]>([]);
  const asked = [...new Set([...Object.keys(filters).map((name) => name.replace(/\.(?:min|max)$/, "")), ...added])];
  const bounded = asked.filter((name) => measures.some((measure) => measure === name));
  const others = asked.filter((name) => !usual.includes(name) && !bounded.includes(name));
  const rest = [...(data?.dimensions ?? []), ...measures].filter(
    (name) => !usual.includes(name) && !asked.includes(name),
  );
  return (
    <div className="filters row">
      {[...usual, ...others].map((name) => (
        <FilterMenu key={name} dimension={name} chosen={filters[name] ?? []} change={change} />
      ))}
      {bounded.map((name) => (
        <BoundsMenu key={name} measure={name} filters={filters} change={change} />
      ))}
      <select
        aria-label="Filter by"
        value=""
        onChange={({ target }) => setAdded([...added, target.value])}
        disabled={rest.length === 0}
      >
        <option value="">Filter by …</option>
        {rest.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      {Object.keys(filters).length > 0 && (
        <button
          type="button"
          className="quiet"
          onClick={() => {
            setAdded([]);
            change(Object.fromEntries(Object.keys(filters).map((name) => [name, undefined])));
          }}
        >
          Clear
        </button>
      )}
    </div>
  );
}

interface MenuProps {
  dimension: string;
  chosen: readonly string[];
  change: TabProps["change"];
}

function FilterMenu({ dimension, chosen, change }: MenuProps) {
  const { data } = useQuery(queries.dimensions(usual.includes(dimension) ? {} : { of: dimension }));
  const known = (data?.values[dimension] ?? []).map(({ value, count }) => ({ value: valueText(value), count }));
  const unknown = chosen.filter((value) => !known.some((one) => one.value === value));
  const toggle = (value: string) => {
    const next = chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value];
    change({ [dimension]: next.length > 0 ? next : undefined, pick: [] });
  };
  const label = (
    <>
      {dimension}{" "}
      <span className={chosen.length > 0 ? "chosen" : "faint"}>
        {chosen.length === 0 && "any"}
        {chosen.map((value, at) => (
          <span key={value}>
            {at > 0 && ", "}
            <ValueName dimension={dimension} value={value} />
          </span>
        ))}
      </span>
    </>
  );
  return (
    <Menu label={label}>
      {[...unknown.map((value) => ({ value, count: 0 })), ...known].map(({ value, count }) => (
        <label key={value}>
          <input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} />{" "}
          <ValueName dimension={dimension} value={value} /> <span className="faint">{count.toLocaleString("en")}</span>
        </label>
      ))}
      {known.length + unknown.length === 0 && <span className="faint">no results have it</span>}
    </Menu>
  );
}

interface BoundsProps extends Pick<TabProps, "filters" | "change"> {
  measure: string;
}

function BoundsMenu({ measure, filters, change }: BoundsProps) {
  const [min, max] = [filters[`${measure}.min`]?.[0], filters[`${measure}.max`]?.[0]];
  const said = [...(min === undefined ? [] : [`≥ ${min}`]), ...(max === undefined ? [] : [`≤ ${max}`])].join(", ");
  return (
    <Menu
      label={
        <>
          {measure} <span className={said === "" ? "faint" : "chosen"}>{said || "any"}</span>
        </>
      }
    >
      <Range
        label={measure}
        from={min}
        to={max}
        onRange={(from, to) => change({ [`${measure}.min`]: from, [`${measure}.max`]: to, pick: [] })}
      />
    </Menu>
  );
}

/** Experiments are known by their names. */
function ValueName({ dimension, value }: { dimension: string; value: string }) {
  const { data } = useQuery({ ...queries.experiment(value), enabled: dimension === "experimentId" });
  return dimension === "experimentId" && data ? `${data.name} (${value})` : value;
}
