import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent } from "react";

import { accountsRefresh } from "../../contract/operations/connections.ts";
import { useMode } from "../shell/mode.ts";
import { may } from "../shell/workspace.ts";
import { useToasts } from "../ui/toasts.tsx";
import { ask } from "./ask.ts";

const FRESH_MILLISECONDS = 60_000;

/** Reads from the platform what accounts are called and allow: for each post, where a platform requires it. */
export function useFreshCreators(accountIds: readonly string[]): void {
  const mode = useMode();
  const cache = useQueryClient();
  const toasts = useToasts();
  const read = useEffectEvent(async (id: string) => {
    try {
      await ask(accountsRefresh, mode, { params: { id } });
      void cache.invalidateQueries({ queryKey: ["api", "v1", "accounts"] });
    } catch (error) {
      if (error instanceof Error) toasts.sayFailure(error);
    }
    return null;
  });
  const ids = accountIds.join();
  useEffect(() => {
    if (ids === "" || !may("accounts_refresh")) return;
    for (const id of ids.split(","))
      void cache.fetchQuery({
        queryKey: ["creators", mode, id],
        queryFn: () => read(id),
        staleTime: FRESH_MILLISECONDS,
      });
  }, [ids, cache, mode]);
}
