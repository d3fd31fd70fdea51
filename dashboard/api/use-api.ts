import {
  keepPreviousData,
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import type { AmpostError } from "../../client/errors.ts";
import type { Operation } from "../../contract/operation.ts";
import type { Mode } from "../../model/platform-names.ts";
import { useMode } from "../shell/mode.ts";
import { useToasts } from "../ui/toasts.tsx";
import { type Answer, ask, type Given } from "./ask.ts";

export interface ReadOptions {
  enabled?: boolean;
  /** How often it is read again while somebody looks, in milliseconds. */
  everyMilliseconds?: number;
  /** Keeps what was shown while the next page comes. */
  keepsPrevious?: boolean;
  /** Another mode than the address names. */
  mode?: Mode;
}

/** Reads an operation in the current mode, and again whenever `useWrite` changed what it lists. */
export function useRead<Asked extends Operation>(
  operation: Asked,
  given: Omit<Given<Asked>, "body" | "signal"> = {},
  { enabled = true, everyMilliseconds, keepsPrevious = false, mode: other }: ReadOptions = {},
): UseQueryResult<Answer<Asked>, AmpostError> {
  const current = useMode();
  const mode = other ?? current;
  return useQuery<Answer<Asked>, AmpostError>({
    queryKey: keyOf(operation, mode, given),
    queryFn: ({ signal }) => ask(operation, mode, { ...given, signal }),
    enabled,
    ...(everyMilliseconds !== undefined && { refetchInterval: everyMilliseconds }),
    ...(keepsPrevious && { placeholderData: keepPreviousData }),
  });
}

/**
 * What a form is filled with, once: nothing until it has been read since the form was opened. What is in the cache may
 * be from before the last change.
 */
export function readNow<Data>({ data, isFetchedAfterMount }: UseQueryResult<Data, AmpostError>): Data | undefined {
  return isFetchedAfterMount ? data : undefined;
}

export interface WriteOptions {
  /** By default the current mode. */
  mode?: Mode;
  /** Reads again what somebody else has changed in the meantime, before the view hears of the conflict. */
  onConflict?: () => Promise<unknown>;
}

export function keyOf<Asked extends Operation>(
  { path }: Asked,
  mode: Mode,
  { params, query }: Pick<Given<Asked>, "params" | "query">,
) {
  return [...path.split("/").slice(1), { mode, params: { ...Object(params) }, query: { ...Object(query) } }];
}

/**
 * Runs an operation that changes something, in the current mode. What was read of the same things is read again. The view
 * tells how it ended; if that is gone, a toast tells of a failure.
 */
export function useWrite<Asked extends Operation>(
  operation: Asked,
  /** First segments of the paths that change too, such as "/api/v1/accounts". */
  alsoChanges: readonly string[] = [],
  { mode: other, onConflict }: WriteOptions = {},
): UseMutationResult<Answer<Asked>, AmpostError, Given<Asked>> {
  const current = useMode();
  const mode = other ?? current;
  const onSuccess = useChanged(operation, alsoChanges);
  const { sayFailure } = useToasts();
  const isThere = useRef(true);
  useEffect(() => {
    isThere.current = true;
    return () => void (isThere.current = false);
  }, []);
  return useMutation<Answer<Asked>, AmpostError, Given<Asked>>({
    mutationFn: (given) => ask(operation, mode, given),
    onSuccess,
    onError: async (error) => {
      if (!isThere.current) sayFailure(error);
      else if (error.code === "PRECONDITION_FAILED") await onConflict?.();
    },
  });
}

/** The same for what a toast offers: it ends in the mode in which it was begun, and tells how when its view is gone. */
export function useAsk<Asked extends Operation>(
  operation: Asked,
  alsoChanges: readonly string[] = [],
): (given: Given<Asked>) => Promise<Answer<Asked>> {
  const mode = useMode();
  const changed = useChanged(operation, alsoChanges);
  return async (given) => {
    const answer = await ask(operation, mode, given);
    changed();
    return answer;
  };
}

function useChanged({ path: own }: Operation, alsoChanges: readonly string[]) {
  const cache = useQueryClient();
  return () => {
    for (const path of [collectionOf(own), ...alsoChanges])
      void cache.invalidateQueries({ queryKey: path.split("/").slice(1) });
  };
}

/** "/api/v1/posts" of "/api/v1/posts/:id/publish". */
function collectionOf(path: string): string {
  return path.split("/:")[0] ?? path;
}
