import { type Account, accountsList } from "../../contract/operations/accounts.ts";
import { platformsList } from "../../contract/operations/platforms.ts";
import type { Capabilities } from "../../model/capabilities.ts";
import { useRead } from "../api/use-api.ts";

/** The accounts that can publish a text alone, and the platforms that take one. */
export function useTextAccounts() {
  const accounts = useRead(accountsList);
  const platforms = useRead(platformsList);
  const names = (platforms.data?.platforms ?? [])
    .filter(({ capabilities }) => takesText(Object(capabilities)))
    .map(({ name }) => name);
  const usable = (accounts.data?.accounts ?? []).filter(
    ({ platform, status }: Account) => status === "active" && names.includes(platform),
  );
  return {
    accounts: usable,
    platforms: names,
    isPending: accounts.isPending || platforms.isPending,
    error: accounts.error ?? platforms.error,
  };
}

function takesText({ placements }: Capabilities): boolean {
  return placements[0]?.shapes.some(({ items }) => items.min === 0) === true;
}
