import { lookup } from "node:dns/promises";

import type pg from "pg";

import type { PlatformName } from "../model/platform-names.ts";
import { catalog } from "../platforms/catalog.ts";
import type { Scope } from "../platforms/definition.ts";
import { platforms } from "../platforms/index.ts";
import { isAllowedAddress } from "../platforms/kit/addresses.ts";
import { type HttpClient, TransportError } from "../platforms/kit/http.ts";
import { redact } from "../platforms/kit/redaction.ts";
import { askedScopes, requiredScopes } from "../platforms/kit/scopes.ts";
import { type AccountReport, BrokerError, type Note, type OAuth, type OAuthApp } from "../platforms/platform.ts";
import { type PortalAddresses, portalAddresses } from "../platforms/portal-addresses.ts";
import { preparedClient } from "../platforms/prepared-client.ts";
import { listLiveAccounts } from "../server/db/queries/accounts.ts";
import { type ConnectionRow, findConnection } from "../server/db/queries/connections.ts";
import { findSmallestMedia } from "../server/db/queries/media.ts";
import { listLiveOwnApps } from "../server/db/queries/oauth-apps.ts";
import { findGrantLife } from "../server/db/queries/token-care.ts";
import { signMediaUrl } from "../server/media/signed-url.ts";
import { appOf, openApp } from "../server/oauth/app.ts";
import { freshAccess } from "../server/oauth/fresh-token.ts";
import { readProfile } from "../server/oauth/profile.ts";
import { type OAuthServices, platformClient } from "../server/oauth/services.ts";
import { grantEnd, healthAt } from "../server/oauth/token-health.ts";
import type { Config } from "../server/start/config.ts";
import { sentenceOf } from "./answer.ts";
import { failed, type Finding, ok, warning } from "./finding.ts";

/** More would use up what the platforms allow an app to read, and what they allow one address to ask. */
const ACCOUNTS_PER_PLATFORM = 5;
const APPS_PER_PLATFORM = 5;

/** Whether the platforms accept the instance's apps, and what must be registered there. */
export async function checkApps(
  config: Pick<Config, "apps" | "appUrl" | "platformEnvironment">,
  http: HttpClient,
): Promise<Finding[]> {
  const { apps } = config;
  if (apps.size === 0)
    return [
      warning(
        "apps",
        "no app is configured, so no account can be connected in live mode",
        "Register an app on a platform and set its PLATFORM_CLIENT_ID and PLATFORM_CLIENT_SECRET.",
      ),
    ];
  const checked = await Promise.all(
    [...apps].map(([platform, app]) => {
      const prefix = platforms[platform].oauth?.environmentPrefix ?? "";
      const to = `${prefix}_CLIENT_ID and ${prefix}_CLIENT_SECRET`;
      return checkApp({ platform, app, name: catalog[platform].capabilities.label, to }, config, http);
    }),
  );
  return checked.flat();
}

/** The same for the newest apps that users and platform sets have of their own. */
export async function checkOwnApps(oauth: OAuthServices, http: HttpClient): Promise<Finding[]> {
  const listed = await listLiveOwnApps.all(oauth.pool, [APPS_PER_PLATFORM]);
  const config = { appUrl: oauth.appUrl, platformEnvironment: oauth.platformEnvironment ?? {} };
  const checked = await Promise.all(
    [...Map.groupBy(listed, ({ platform }) => platform)].map(async ([platform, rows]) => {
      const { label } = catalog[platform].capabilities;
      const findings: Finding[] = [];
      for (const row of rows) {
        const [name, to] =
          row.set_name === null
            ? [`${label} of ${row.owner}`, "the user's own app"]
            : [`${label} of the set ${JSON.stringify(row.set_name)}`, "the set's own app"];
        findings.push(...(await checkApp({ platform, app: openApp(oauth, row), name, to }, config, http)));
      }
      const total = rows[0]?.total ?? 0;
      return total > rows.length
        ? [...findings, ok(label, `the newest ${rows.length} of ${total} own apps were checked`)]
        : findings;
    }),
  );
  return checked.flat();
}

/** An app to check: its name in what is reported, and where its ID and secret are entered. */
interface AskedApp {
  platform: PlatformName;
  app: OAuthApp;
  name: string;
  to: string;
}

async function checkApp(
  { platform, app, name, to }: AskedApp,
  { appUrl, platformEnvironment: environment }: Pick<Config, "appUrl" | "platformEnvironment">,
  http: HttpClient,
): Promise<Finding[]> {
  const { oauth, check } = platforms[platform];
  if (oauth === undefined || check === undefined) return [];
  const { label } = catalog[platform].capabilities;
  const cure = `Copy both from the app's page on the developer portal of ${label} to ${to}.`;
  const answer = await check.app(preparedClient(http, oauth, app, environment), app, environment).then(
    (notes) => [ok(name, "accepts the app's ID and secret"), ...notes.map((note) => toFinding(name, note))],
    (error: unknown) => [failureOf(name, error, cure)],
  );
  const findings = [
    ...answer,
    ...addressLines(portalAddresses(platform, appUrl, app.redirectUri)).map((line) => ok(name, line)),
    ...loginsOf(oauth).map(({ scopes, of }) =>
      ok(name, `permissions to add${of}: ${askedScopes(scopes, app.scopes).join(", ")}`),
    ),
  ];
  return findings.map((finding) => ({ ...finding, message: redact(finding.message, [app.clientSecret]) }));
}

/** What to enter on the developer portal. */
function addressLines({ redirectUri, deauthorize, dataDeletion, privacyPolicy, terms }: PortalAddresses): string[] {
  const callbacks =
    deauthorize === null || dataDeletion === null
      ? []
      : [`deauthorize callback to enter: ${deauthorize}`, `data deletion callback to enter: ${dataDeletion}`];
  return [
    `redirect URI to register: ${redirectUri}`,
    ...callbacks,
    `privacy policy and terms to enter: ${privacyPolicy}, ${terms}`,
  ];
}

/** The sign-ins that use a platform's app: its own, and another platform's through it. */
function loginsOf(oauth: OAuth): { scopes: readonly Scope[]; of: string }[] {
  const others = Object.values(platforms).flatMap(({ definition, otherLogins = {} }) =>
    Object.values(otherLogins)
      .filter(({ environmentPrefix }) => environmentPrefix === oauth.environmentPrefix)
      .map(({ scopes }) => ({ scopes, of: ` for ${definition.capabilities.label}` })),
  );
  return [{ scopes: oauth.scopes, of: "" }, ...others];
}

/** Whether the platforms still let the newest accounts publish, and for how long. */
export async function checkAccounts(oauth: OAuthServices, http: HttpClient): Promise<Finding[]> {
  const services = { ...oauth, httpFor: () => http };
  const listed = await listLiveAccounts.all(services.pool, [ACCOUNTS_PER_PLATFORM]);
  if (listed.length === 0) return [ok("accounts", "none is connected in live mode")];
  const checked = await Promise.all(
    [...Map.groupBy(listed, ({ platform }) => platform)].map(async ([platform, accounts]) => {
      const findings: Finding[] = [];
      // One after the other: they share the app's limits.
      for (const account of accounts) findings.push(...(await checkAccount(services, account)));
      const total = accounts[0]?.total ?? 0;
      const { label } = catalog[platform].capabilities;
      return total > accounts.length
        ? [...findings, ok(label, `the newest ${accounts.length} of ${total} accounts were checked`)]
        : findings;
    }),
  );
  return checked.flat();
}

type ListedAccount = Awaited<ReturnType<typeof listLiveAccounts.all>>[number];

const RECONNECT = "Reconnect the account under Platforms in the dashboard.";

async function checkAccount(services: OAuthServices, listed: ListedAccount): Promise<Finding[]> {
  const { id, user_id: userId, platform } = listed;
  const name = nameOf(listed);
  const account = { accountId: id, userId, mode: "live" } as const;
  const connection = await findConnection.one(services.pool, [id, userId, "live"]);
  const oauth = connection && services.oauthOf(platform, connection.login);
  if (connection === undefined || oauth === undefined) return [failed(name, "its access is not stored", RECONNECT)];
  const app = await appOf(services, connection);
  if (app === null)
    return [
      failed(
        name,
        "the app it was connected with is not configured",
        `Set ${oauth.environmentPrefix}_CLIENT_ID and ${oauth.environmentPrefix}_CLIENT_SECRET.`,
      ),
    ];
  const http = platformClient(services, oauth, app, "live");
  try {
    const { accessToken, userToken } = await freshAccess(services, account, { minLifetimeSeconds: 60 });
    const profile = await readProfile(services, oauth, connection, http, accessToken);
    if (profile === undefined) return [failed(name, "its access no longer reaches this account", RECONNECT)];
    const report: AccountReport = (await platforms[platform].check?.account?.({
      http,
      accessToken,
      ...(userToken !== undefined && { userToken }),
      app,
      platformAccountId: profile.platformAccountId,
      metadata: profile.metadata,
      environment: services.platformEnvironment ?? {},
      now: new Date(),
    })) ?? { notes: [] };
    return [
      ok(name, "its profile can be read"),
      checkScopes(name, connection, oauth, report.scopes),
      await checkEnd(services, name, connection, oauth),
      ...report.notes.map((note) => toFinding(name, note)),
    ];
  } catch (error) {
    return [failureOf(name, error, RECONNECT)];
  }
}

function nameOf({ platform, username, display_name: displayName, platform_account_id: id }: ListedAccount): string {
  const { label } = catalog[platform].capabilities;
  return `${label} ${username === null ? (displayName ?? id) : `@${username}`}`;
}

/** What was granted, now or when it was connected. */
function checkScopes(
  name: string,
  { scopes }: ConnectionRow,
  oauth: OAuth,
  now: readonly string[] | undefined,
): Finding {
  const granted = now ?? scopes;
  if (granted.length === 0) return ok(name, "the platform does not say which permissions are granted");
  const lacking = oauth.scopes.filter((scope) => !granted.includes(scope.name));
  const missing = requiredScopes(lacking);
  if (missing.length > 0)
    return failed(
      name,
      `publishing requires ${missing.join(", ")}, which is not granted`,
      `${RECONNECT} Leave all permissions selected, and check that the app may request them.`,
    );
  return ok(
    name,
    [`granted: ${granted.join(", ")}`, ...lacking.map((scope) => `without ${scope.name}: ${scope.without}`)].join("; "),
  );
}

async function checkEnd(
  { pool }: OAuthServices,
  name: string,
  { account_id: accountId, user_id: userId, platform }: ConnectionRow,
  { refresh }: OAuth,
): Promise<Finding> {
  const life = await findGrantLife.one(pool, [accountId, userId, "live"]);
  if (life === undefined) return failed(name, "its access is not stored", RECONNECT);
  const end = grantEnd(refresh, life);
  const { health, reason } = healthAt(end, life.now, platform);
  if (health === "expired") return failed(name, reason ?? "its access has expired", RECONNECT);
  if (health !== "healthy") return warning(name, reason ?? "its access ends soon", RECONNECT);
  if (end !== null) return ok(name, `access ends on ${end.toISOString().slice(0, 10)}`);
  return ok(name, refresh === undefined ? "access does not expire" : "access is renewed automatically");
}

/** Whether a stored file can be fetched as platforms fetch it. */
export async function checkMedia(
  pool: pg.Pool,
  { mediaUrl }: Pick<Config, "mediaUrl">,
  secret: Uint8Array,
): Promise<Finding> {
  const { hostname } = new URL(mediaUrl);
  const row = await findSmallestMedia.one(pool);
  if (row === undefined || row.facts === null)
    return warning("media", "not checked, because no file is stored", "Upload a file, then run this again.");
  const { mimeType, sizeBytes } = row.facts;
  const url = signMediaUrl({ baseUrl: mediaUrl, secret }, { id: row.id, filename: row.filename, mimeType });
  // The signature grants access.
  const shown = url.replace(/\?.*/, "");
  const route = `Start Ampost, and check that DNS and the proxy route ${hostname}/media/ to it with a valid certificate.`;
  try {
    const addresses = await lookup(hostname, { all: true });
    const inside = addresses.find(({ address }) => !isAllowedAddress(address, false));
    for (const method of ["HEAD", "GET"]) {
      const answer = await fetch(url, { method, redirect: "manual", signal: AbortSignal.timeout(15_000) });
      const received = method === "HEAD" ? Number(answer.headers.get("content-length")) : await countBytes(answer);
      const type = answer.headers.get("content-type");
      if (answer.status !== 200 || received !== sizeBytes || type !== mimeType)
        return failed(
          "media",
          `${method} ${shown} returned ${answer.status}, ${type}, ${received} bytes instead of 200, ${mimeType}, ` +
            `${sizeBytes} bytes`,
          route,
        );
    }
    return inside === undefined
      ? ok("media", `${shown} can be fetched`)
      : warning(
          "media",
          `${hostname} is ${inside.address} here, which platforms cannot reach`,
          "Set AMPOST_MEDIA_URL to a public https URL that leads to Ampost.",
        );
  } catch (error) {
    return failed("media", `${shown} cannot be fetched: ${reasonOf(error)}`, route);
  }
}

async function countBytes({ body }: Response): Promise<number> {
  let count = 0;
  for await (const chunk of body ?? []) count += chunk.length;
  return count;
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return sentenceOf(cause instanceof Error ? cause : error);
}

function toFinding(name: string, { message, cure }: Note): Finding {
  return cure === undefined ? ok(name, message) : warning(name, message, cure);
}

/** What the platform has refused, or that it cannot be asked. */
function failureOf(name: string, error: unknown, cure: string): Finding {
  if (error instanceof TransportError)
    return failed(
      name,
      `there was no response: ${error.failure.replaceAll("_", " ")}`,
      "Check this machine's DNS, firewall and clock, then run this again.",
    );
  if (!(error instanceof BrokerError)) return failed(name, sentenceOf(error), "Report this with Ampost's version.");
  const words = error.platformError?.message ?? "";
  const message = words === "" || error.message.includes(words) ? error.message : `${error.message} It says: ${words}`;
  return error.passes ? warning(name, message, "Run this again later.") : failed(name, message, cure);
}
