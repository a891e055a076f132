import { allows, type Role } from "@shadowfarm/core/role";
import { QueryCache, QueryClient, useQuery } from "@tanstack/react-query";
import { ApiError } from "./api.ts";
import { queries } from "./queries.ts";

/** Answers are kept until an event says that they are old. A refusal is not asked again; what failed is, once. */
export function openClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, { queryKey: [path] }) => {
        // The token was revoked, or has run out: the frame asks for another.
        if (error instanceof ApiError && error.status === 401 && path !== "/me") {
          void client.resetQueries({ queryKey: ["/me"] });
        }
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 60_000,
        refetchOnWindowFocus: false,
        retry: (failures, error) =>
          failures < 1 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
      },
    },
  });
  return client;
}

/** Whether whoever looks may do what needs a role; false while that is not known. */
export function useMay(needed: Role): boolean {
  const { data } = useQuery(queries.me());
  return data !== undefined && allows(data.role, needed);
}
