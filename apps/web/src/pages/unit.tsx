import type { catalogSchema } from "@shadowfarm/core/api/farm";
import { useQuery } from "@tanstack/react-query";
import { createRoute, Link } from "@tanstack/react-router";
import { stringify } from "yaml";
import type { z } from "zod";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { Heading } from "../parts/heading.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { valueText } from "../parts/words.ts";
import { queries } from "../queries.ts";
import { rootRoute } from "../root-route.tsx";
import { type Parameter, parameterOf } from "./catalog/parameter.ts";

/** What a unit is and how it is asked for: its definition, paper and parameters. */
export const unitRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/catalog/$kind/$name",
  component: UnitPage,
});

type Unit = z.output<typeof catalogSchema>["units"][number];

function UnitPage() {
  const { kind, name } = unitRoute.useParams();
  const query = useQuery(queries.catalog());
  return (
    <Loaded query={query}>
      {({ units }) => {
        const unit = units.find((own) => own.kind === kind && own.name === name);
        return unit ? <Shown unit={unit} /> : <NoUnit kind={kind} name={name} />;
      }}
    </Loaded>
  );
}

function NoUnit({ kind, name }: { kind: string; name: string }) {
  return (
    <>
      <Heading text={`${kind} ${name}`} />
      <Empty title={`There is no ${kind} "${name}"`}>
        <p>
          <Link to="/catalog">See all units</Link>
        </p>
      </Empty>
    </>
  );
}

function Shown({ unit }: { unit: Unit }) {
  const { kind, name, title, paper, version, definition, params } = unit;
  const parameters = Object.entries(params).map(([own, schema]) => parameterOf(own, schema));
  return (
    <>
      <Heading text={name}>
        <span className="faint">
          {kind}, version {version}
        </span>
      </Heading>
      <dl className="definition">
        <dt>what</dt>
        <dd>{title}</dd>
        <dt>paper</dt>
        <dd>{paper}</dd>
        {definition.map((part) => (
          <Part key={part.name} part={part} />
        ))}
      </dl>
      <section>
        <h2>Parameters</h2>
        {parameters.length === 0 ? (
          <p className="faint">It has none.</p>
        ) : (
          <DataTable label="Parameters" columns={columns} rows={parameters} rowKey={(parameter) => parameter.name} />
        )}
      </section>
      <section>
        <h2>In an experiment file</h2>
        <p className="faint">
          With its defaults, each of which may be left out; a list of values is a sweep. When what it computes changes,
          its version is raised, and its results are made anew.
        </p>
        <pre>
          <code>{inFile(unit, parameters)}</code>
        </pre>
      </section>
    </>
  );
}

function Part({ part: { name, text } }: { part: Unit["definition"][number] }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {[...text.matchAll(/`([^`]*)`|[^`]+|`/g)].map(({ 0: piece, 1: code, index }) =>
          code === undefined ? piece : <code key={index}>{code}</code>,
        )}
      </dd>
    </>
  );
}

function inFile({ kind, name }: Unit, parameters: readonly Parameter[]): string {
  const given = parameters.flatMap((own) => (own.fallback === undefined ? [] : [[own.name, own.fallback] as const]));
  const unit = given.length === 0 ? name : { name, ...Object.fromEntries(given) };
  return stringify(kind === "model" ? { model: unit } : { [`${kind}s`]: [unit] });
}

const columns: Column<Parameter>[] = [
  { id: "name", header: "Parameter", value: ({ name }) => name, show: ({ name }) => <code>{name}</code> },
  { id: "type", header: "Type", value: ({ type }) => type },
  {
    id: "default",
    header: "Default",
    value: ({ fallback }) => (fallback === undefined ? null : valueText(fallback)),
    show: ({ fallback }) => (fallback === undefined ? "must be given" : valueText(fallback)),
  },
  { id: "range", header: "Range", value: ({ range }) => range },
  {
    id: "meaning",
    header: "Meaning",
    value: ({ meaning }) => meaning,
    show: ({ meaning }) => <span className="said">{meaning}</span>,
  },
];
