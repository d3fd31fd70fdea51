import { keepPreviousData, useQueries, type UseQueryOptions, type UseQueryResult } from "@tanstack/react-query";

import type { AmpostError } from "../../client/errors.ts";
import type { Operation } from "../../contract/operation.ts";
import { useMode } from "../shell/mode.ts";
import { type Answer, ask, type Given } from "./ask.ts";
import { keyOf } from "./use-api.ts";

/** How many things a page has. */
export const PAGE = 100;

/**
 * Reads the first page of a list, and those that are shown, by number; again after so many milliseconds, while somebody
 * looks.
 */
export function usePages<Asked extends Operation>(
  operation: Asked,
  queryOf: (page: { limit: number; offset: number }) => Given<Asked>["query"],
  shown: readonly number[],
  everyMilliseconds: number,
): Map<number, UseQueryResult<Answer<Asked>, AmpostError>> {
  const mode = useMode();
  const numbers = [...new Set([0, ...shown])];
  const pages = useQueries({
    queries: numbers.map((number): UseQueryOptions<Answer<Asked>, AmpostError> => {
      const query = queryOf({ limit: PAGE, offset: number * PAGE });
      const given = query === undefined ? {} : { query };
      return {
        queryKey: keyOf(operation, mode, given),
        queryFn: ({ signal }) => ask(operation, mode, { ...given, signal }),
        refetchInterval: everyMilliseconds,
        ...(number === 0 && { placeholderData: keepPreviousData }),
      };
    }),
  });
  return new Map(
    numbers.flatMap((number, at) => {
      const page = pages[at];
      return page === undefined ? [] : [[number, page]];
    }),
  );
}

/** The pages that a range of places is on. */
export function pagesOf(first: number, last: number): number[] {
  const from = Math.floor(first / PAGE);
  return Array.from({ length: Math.floor(last / PAGE) - from + 1 }, (_, index) => from + index);
}
