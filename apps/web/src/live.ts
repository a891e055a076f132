import type { experimentDetailSchema, experimentsSchema, progressEventSchema } from "@shadowfarm/core/api/experiments";
import { type InfiniteData, type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { z } from "zod";

type Told = z.output<typeof progressEventSchema>;
type Page = z.output<typeof experimentsSchema>;
type Detail = z.output<typeof experimentDetailSchema>;

/** Keeps what is shown up to date by the farm's events; says whether they come. */
export function useLive(): boolean {
  const client = useQueryClient();
  const [live, setLive] = useState(false);
  useEffect(() => {
    let source: EventSource;
    let again: ReturnType<typeof setTimeout>;
    let missed = false;
    const listen = () => {
      source = new EventSource("/api/events");
      source.addEventListener("open", () => {
        setLive(true);
        // What happened while nobody listened is not told again.
        if (missed) void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "/me" });
        missed = true;
      });
      source.addEventListener("error", () => {
        setLive(false);
        // A browser comes back by itself, unless it was refused.
        if (source.readyState === EventSource.CLOSED) again = setTimeout(listen, AGAIN_MS);
      });
      source.addEventListener("experiment", ({ data }) => takeProgress(client, JSON.parse(data)));
      source.addEventListener("results", () => void refresh(client, (path) => path.startsWith("/results")));
    };
    listen();
    return () => {
      clearTimeout(again);
      source.close();
    };
  }, [client]);
  return live;
}

const AGAIN_MS = 5_000;

/** Into what is shown already, in its place; what is derived from it is asked for anew. */
function takeProgress(client: QueryClient, { id, state, progress }: Told): void {
  let known = false;
  const taken = <Row extends Told>(row: Row): Row => {
    if (row.id !== id) return row;
    known = true;
    return { ...row, state, progress };
  };
  client.setQueriesData<InfiniteData<Page>>(
    { queryKey: ["/experiments", "pages"] },
    (data) =>
      data && { ...data, pages: data.pages.map((page) => ({ ...page, experiments: page.experiments.map(taken) })) },
  );
  client.setQueriesData<Detail>(
    { predicate: ({ queryKey: [path] }) => /^\/experiments\/[^/]+$/.test(String(path)) },
    (detail) => detail && taken(detail),
  );
  if (!known) void refresh(client, (path) => path === "/experiments");
  void refresh(
    client,
    (path) => path.startsWith("/experiments/"),
    (data) => (data as Told | undefined)?.id === id,
  );
  void refresh(client, (path) => /^\/experiments\/[^/]+\/failures$/.test(path));
}

/** What is asked already is not asked again. */
function refresh(
  client: QueryClient,
  concerns: (path: string) => boolean,
  holds: (data: unknown) => boolean = () => true,
): Promise<void> {
  return client.invalidateQueries(
    { predicate: ({ queryKey: [path], state: { data } }) => concerns(String(path)) && holds(data) },
    { cancelRefetch: false },
  );
}
