import type { Mode, PlatformName } from "../../../model/platform-names.ts";

/** Starts connecting an account: a link and not a form, because browsers prevent forms from leading to another site. */
export function connectPath({
  platform,
  platformSetId,
  mode,
  login,
}: {
  platform: PlatformName;
  platformSetId: string;
  mode: Mode;
  login: string;
}): string {
  const query = new URLSearchParams({ platformSetId, mode, ...(login === "" ? {} : { login }) });
  return `/api/platforms/${platform}/connect?${query}`;
}
