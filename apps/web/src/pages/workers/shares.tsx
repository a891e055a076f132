import type { usersSchema } from "@shadowfarm/core/api/farm";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { z } from "zod";
import { ask } from "../../api.ts";
import { type Column, DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Gauge } from "../../parts/gauge.tsx";
import { Loaded } from "../../parts/loaded.tsx";
import { ProblemView } from "../../parts/problem-view.tsx";
import { queries } from "../../queries.ts";

type User = z.output<typeof usersSchema>["users"][number];

/** Who shares the farm, and what part of it each has while all have something to do. */
export function Shares() {
  const query = useQuery(queries.users());
  return (
    <section>
      <h2>Shares of users</h2>
      <Loaded query={query}>
        {({ users }) =>
          users.length === 0 ? (
            <Empty title="Nobody has submitted anything yet">
              <p>Whoever submits an experiment has a share of 1, until it is changed here.</p>
            </Empty>
          ) : (
            <DataTable label="Shares of users" columns={columnsFor(users)} rows={users} rowKey={({ name }) => name} />
          )
        }
      </Loaded>
    </section>
  );
}

function columnsFor(users: readonly User[]): Column<User>[] {
  const all = users.reduce((sum, { weight }) => sum + weight, 0);
  const partOf = ({ weight }: User) => weight / all;
  return [
    { id: "name", header: "User", value: ({ name }) => name || "(no name)" },
    {
      id: "part",
      header: "Part of the farm while all are busy",
      value: partOf,
      show: (user) => (
        <Gauge
          label={`part of ${user.name}`}
          value={partOf(user)}
          most={1}
          text={`${Math.round(100 * partOf(user))} %`}
        />
      ),
    },
    {
      id: "weight",
      header: "Weight",
      value: ({ weight }) => weight,
      show: (user) => <Weight key={user.weight} user={user} />,
    },
  ];
}

function Weight({ user: { name, weight } }: { user: User }) {
  const client = useQueryClient();
  const [text, setText] = useState(String(weight));
  const weigh = useMutation({
    mutationFn: () => ask(`/users/${encodeURIComponent(name)}`, { method: "PUT", body: { weight: Number(text) } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["/users"] }),
  });
  // A path cannot end in an empty name.
  if (name === "") return <>{weight}</>;
  return (
    <form
      className="inline"
      onSubmit={(event) => {
        event.preventDefault();
        weigh.mutate();
      }}
    >
      <input
        type="number"
        aria-label={`weight of ${name}`}
        min={0.001}
        max={1000}
        step="any"
        required
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
      <button type="submit" disabled={weigh.isPending || Number(text) === weight}>
        Set
      </button>
      {weigh.error && <ProblemView error={weigh.error} />}
    </form>
  );
}
