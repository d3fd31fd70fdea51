import type { Workspace } from "../contract/operations/workspaces.ts";
import type { Brand } from "../model/brand.ts";
import type { SharingDuties } from "../model/capabilities.ts";
import type { PlatformName } from "../model/platform-names.ts";

/** What the server knows when it sends the page, so that nothing has to be asked before the first view. */
export interface Start {
  user: { id: string; email: string; name: string; timeZone: string; isOwner: boolean };
  /** Whether nobody has chosen the time zone. */
  hasDefaultTimeZone: boolean;
  /** The user's own, and then those they have joined. */
  workspaces: readonly [Workspace, ...Workspace[]];
  brand: Brand;
  /** Whether emails are sent; otherwise, they are files on the server. */
  hasMailServer: boolean;
  /** The platforms there are, by the names that people know, and what they require of apps in which people publish. */
  platforms: readonly { name: PlatformName; label: string; sharing?: SharingDuties }[];
  docsUrl: string;
  /** Where programs call the API. */
  apiUrl: string;
  version: string;
}

export const start: Start = JSON.parse(document.getElementById("start")?.textContent ?? "null");

const platforms = new Map(start.platforms.map((each) => [each.name, each]));

export function labelOf(platform: PlatformName): string {
  return platforms.get(platform)?.label ?? platform;
}

export function dutiesOf(platform: PlatformName): SharingDuties | undefined {
  return platforms.get(platform)?.sharing;
}
