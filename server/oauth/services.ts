import type pg from "pg";
import type { Logger } from "pino";

import type { Mode, PlatformName } from "../../model/platform-names.ts";
import type { HttpClient } from "../../platforms/kit/http.ts";
import type { OAuth, OAuthApp } from "../../platforms/platform.ts";
import { preparedClient } from "../../platforms/prepared-client.ts";
import type { Vault } from "../vault/vault.ts";

/** A client for requests of a login, in test mode to the sandbox. */
export function platformClient(
  { httpFor, platformEnvironment }: Pick<OAuthServices, "httpFor" | "platformEnvironment">,
  login: Pick<OAuth, "prepare">,
  app: OAuthApp | null,
  mode: Mode,
): HttpClient {
  return preparedClient(httpFor(mode), login, app, platformEnvironment);
}

/** What the OAuth flow and the token vault need. */
export interface OAuthServices {
  pool: pg.Pool;
  vault: Vault;
  log: Logger;
  /** A client to the platforms: in test mode to the sandbox. */
  httpFor(mode: Mode): HttpClient;
  /** A client that requests exactly the given URL: the sandbox's control API. */
  directHttp: HttpClient;
  /** A platform's sign-in, its default or another by name; undefined if there is none. */
  oauthOf(platform: PlatformName, login?: string): OAuth | undefined;
  /** The instance's own app for live mode, from the environment; null if not set. */
  liveApp(platform: PlatformName): OAuthApp | null;
  /** The face that OAuth callbacks come back to. */
  appUrl: string;
  /** The operator's settings that are about platforms, by environment name. */
  platformEnvironment?: Readonly<Record<string, string>>;
  sandboxUrl: string;
}
