import { connectionsStart } from "../../contract/operations/connections.ts";
import type { Mode, PlatformName } from "../../model/platform-names.ts";
import { addressOf } from "../api/ask.ts";
import { queryIn } from "../shell/workspace.ts";

/** Where connecting an account starts: the server leads on to the platform, and from there back to the platforms or, if given, to another path of the app. */
export function connectAddress({
  platform,
  platformSetId,
  mode,
  login,
  returnTo,
}: {
  platform: PlatformName;
  platformSetId: string;
  mode: Mode;
  login: string;
  returnTo?: string | undefined;
}): string {
  const query = queryIn(mode, {
    platformSetId,
    ...(login === "" ? {} : { login }),
    ...(returnTo === undefined ? {} : { returnTo }),
  });
  return `${addressOf(connectionsStart.path, { platform })}?${query}`;
}
