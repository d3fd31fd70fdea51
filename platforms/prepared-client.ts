import type { HttpClient } from "./kit/http.ts";
import type { OAuth, OAuthApp } from "./platform.ts";

/** A client whose requests are prepared as the login demands; `app` is null if it is not configured anymore. */
export function preparedClient(
  http: HttpClient,
  { prepare }: Pick<OAuth, "prepare">,
  app: OAuthApp | null,
  environment: Readonly<Record<string, string>> = {},
): HttpClient {
  return prepare === undefined || app === null
    ? http
    : { send: (request) => http.send(prepare(request, app, environment)) };
}
