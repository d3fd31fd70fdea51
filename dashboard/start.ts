import type { Workspace } from "../contract/operations/workspaces.ts";
import type { Brand } from "../model/brand.ts";
import type { PlatformName } from "../model/platform-names.ts";

/** What the server knows when it sends the page, so that nothing has to be asked before the first view. */
export interface Start {
  user: { id: string; email: string; name: string; timeZone: string; isOwner: boolean };
  /** The user's own, and then those they have joined. */
  workspaces: readonly [Workspace, ...Workspace[]];
  brand: Brand;
  /** The platforms there are, by the names that people know. */
  platforms: readonly { name: PlatformName; label: string }[];
  docsUrl: string;
  /** Where programs call the API. */
  apiUrl: string;
  /** The package of the TypeScript client, for `npm install`. */
  clientUrl: string;
  version: string;
}

export const start: Start = JSON.parse(document.getElementById("start")?.textContent ?? "null");

const labels = new Map(start.platforms.map(({ name, label }) => [name, label]));

export function labelOf(platform: PlatformName): string {
  return labels.get(platform) ?? platform;
}
