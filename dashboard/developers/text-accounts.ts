import { type Account, accountsList } from "../../contract/operations/accounts.ts";
import { platformsList } from "../../contract/operations/platforms.ts";
import type { Capabilities } from "../../model/capabilities.ts";
import type { Mode, PlatformName } from "../../model/platform-names.ts";
import { useRead } from "../api/use-api.ts";
import { useMode } from "../shell/mode.ts";

/** The platforms that take a text alone, of all or of `allowed`, and the accounts that can publish it there. */
export function useTextAccounts(inMode?: Mode, allowed: readonly PlatformName[] | null = null) {
  const current = useMode();
  const mode = inMode ?? current;
  const accounts = useRead(accountsList, {}, { mode });
  const { data, isPending } = useRead(platformsList, {}, { mode });
  const platforms = (data?.platforms ?? [])
    .filter(({ name, capabilities }) => takesText(Object(capabilities)) && (allowed?.includes(name) ?? true))
    .map(({ name }) => name);
  const usable = (accounts.data?.accounts ?? []).filter(
    ({ platform, status }: Account) => status === "active" && platforms.includes(platform),
  );
  return { accounts: usable, platforms, isPending: accounts.isPending || isPending };
}

function takesText({ placements }: Capabilities): boolean {
  return placements[0]?.shapes.some(({ items }) => items.min === 0) === true;
}
