import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import type { z } from "zod";

import { type Brand, refuseLogo, toLogo } from "../../model/brand.ts";
import { COUNTABLES } from "../../model/capabilities.ts";
import { about, appEnvironment, appVariable, environment, namedNumbers, variables } from "../../model/environment.ts";
import { nearestWord } from "../../model/nearest-word.ts";
import { isPlatformName, PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";
import { NO_LIMITS, OPEN_LIMITS, OPEN_MAX_USERS, type UserLimits } from "../../model/user-limits.ts";
import { catalog } from "../../platforms/catalog.ts";
import type { SetLimits, SetPrices } from "../../platforms/counting.ts";
import { type AllowPrivate, isLoopbackHost } from "../../platforms/kit/addresses.ts";
import type { OAuthApp } from "../../platforms/platform.ts";
import { refuseScopes } from "../../platforms/scopes.ts";
import type { BillingSettings } from "../billing/billing.ts";
import type { AlertSettings } from "../domain/alerts/alerts.ts";
import type { BackupSchedule } from "../domain/backups/scheduled-backups.ts";
import type { AddressLimits } from "../http/strangers.ts";
import type { MailSettings } from "../mail/deliver-mail.ts";
import type { StorageSettings } from "../storage/open-storage.ts";
import type { S3Access } from "../storage/s3.ts";
import type { TraceSettings } from "./tracing.ts";

type Environment = z.output<typeof environment>;

/** The parsed environment. Excludes anything that depends on the outside (a generated key, a free port). */
export interface Config {
  host: string;
  port: number;
  apiUrl: string;
  appUrl: string;
  mediaUrl: string;
  trustProxy: boolean | number | string;
  /** Null: the embedded server. */
  databaseUrl: string | null;
  /** Which PostgreSQL the embedded server is. */
  postgres: Environment["AMPOST_POSTGRES"];
  databasePool: number;
  /** Absolute. */
  dataDir: string;
  /** 32 bytes each, the first seals; null: the generated one. */
  encryptionKeys: Buffer[] | null;
  storage: StorageSettings;
  /** Scheduled backups, null if there are none; and how to reach any bucket with backups. */
  backups: { schedule: BackupSchedule | null; access: S3Access };
  allowPrivateUrls: boolean;
  sandbox: {
    port: number;
    url: string;
    limits: boolean;
    elsewhere: boolean;
    allowPrivateUrls: AllowPrivate;
    page: "own" | "open";
  };
  engineSpeed: number;
  scheduling: "contract" | "all";
  latestSeconds: number;
  drainSeconds: number;
  stopSeconds: number;
  journalDays: number;
  /** Null: entries of the audit log are kept forever. */
  auditDays: number | null;
  /** 0: requests are not recorded. */
  requestLogDays: number;
  workerSlots: number;
  /** Null: a standalone worker does not listen. */
  workerPort: number | null;
  /** Where /metrics is served: on a separate port, and with a token. */
  metrics: { port: number | null; host: string; token: string | null };
  /** Where the operator is alerted. */
  alerts: AlertSettings;
  /** Null: none. */
  traces: TraceSettings | null;
  forcePrivateUploads: boolean;
  platformLimits: SetLimits;
  platformPrices: SetPrices;
  /** Settings for brokers, by environment name. */
  platformEnvironment: Readonly<Record<string, string>>;
  /** The instance's own apps for live mode, for the platforms that have one. */
  apps: Map<PlatformName, OAuthApp>;
  /** Who can sign up. */
  signUp: Environment["AMPOST_SIGNUP"];
  /** Null: unlimited. */
  maxUsers: number | null;
  /** The operator's own privacy policy and terms; null: the default pages. */
  privacyUrl: string | null;
  termsUrl: string | null;
  /** Limits per user, and those of them that the operator has set. */
  userLimits: UserLimits;
  setUserLimits: UserLimits;
  /** Limits per IP address, for requests without a valid key or session. */
  addressLimits: AddressLimits;
  /** How pages and emails look. */
  brand: Brand;
  /** Platform sets per user and mode; null: unlimited. */
  maxPlatformSets: number | null;
  mail: MailSettings;
  /** Null: nothing is charged for. */
  billing: BillingSettings | null;
  logLevel: Environment["AMPOST_LOG_LEVEL"];
  /** Problems that do not prevent an instance from starting. */
  warnings: Warning[];
}

/** Sentences: a problem, and how to fix it. */
export interface Warning {
  message: string;
  cure: string;
}

/** Everything that is wrong with the environment, a sentence each. */
export class ConfigError extends Error {
  readonly problems: string[];

  constructor(problems: string[]) {
    super(
      `The configuration has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}:\n` +
        `${problems.map((problem) => `  ${problem}`).join("\n")}`,
    );
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** Parses the environment once. Throws a ConfigError with all problems. */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const problems: string[] = [];
  const values = withoutEmpty(withFiles(env, problems));
  const parsed = environment.safeParse(values);
  const apps = appEnvironment.safeParse(values);
  for (const issue of [...(parsed.error?.issues ?? []), ...(apps.error?.issues ?? [])])
    problems.push(explain(String(issue.path[0]), values));
  problems.push(...incomplete(values), ...examples(values));
  for (const name of ["AMPOST_PLATFORM_LIMITS", "AMPOST_PLATFORM_PRICES"] as const)
    if (!problems.some((problem) => problem.startsWith(name))) problems.push(...unknownNumbers(name, values[name]));
  if (!parsed.success || !apps.success || problems.length > 0) throw new ConfigError([...new Set(problems)]);
  const brand = readBrand(parsed.data, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  const config = { ...toConfig(parsed.data, apps.data), brand };
  return { ...config, warnings: [...unknownVariables(env), ...unencryptedUrls(config)] };
}

function toConfig(env: Environment, apps: Partial<Record<string, string>>): Omit<Config, "warnings" | "brand"> {
  const apiUrl = env.AMPOST_API_URL ?? `http://localhost:${env.PORT}`;
  const appUrl = env.AMPOST_APP_URL ?? apiUrl;
  const dataDir = resolve(env.AMPOST_DATA_DIR);
  return {
    host: env.HOST,
    port: env.PORT,
    apiUrl,
    appUrl,
    mediaUrl: env.AMPOST_MEDIA_URL ?? apiUrl,
    trustProxy: env.AMPOST_TRUST_PROXY,
    databaseUrl: env.DATABASE_URL ?? null,
    postgres: env.AMPOST_POSTGRES,
    databasePool: env.AMPOST_DATABASE_POOL,
    dataDir,
    encryptionKeys: env.AMPOST_ENCRYPTION_KEY ?? null,
    storage: storageOf(env, dataDir),
    backups: { schedule: backupScheduleOf(env), access: s3AccessOf(env) },
    allowPrivateUrls: env.AMPOST_ALLOW_PRIVATE_URLS,
    sandbox: {
      port: env.AMPOST_SANDBOX_PORT,
      url: env.AMPOST_SANDBOX_URL ?? `http://127.0.0.1:${env.AMPOST_SANDBOX_PORT}`,
      limits: env.AMPOST_SANDBOX_LIMITS,
      elsewhere: env.AMPOST_SANDBOX_URL !== undefined,
      // If only this machine can reach the instance, its sandbox serves the machine's own clients.
      allowPrivateUrls:
        env.AMPOST_ALLOW_PRIVATE_URLS ||
        ([apiUrl, appUrl].every((url) => isLoopbackHost(new URL(url).hostname)) &&
          isLoopbackHost(env.HOST) &&
          "loopback"),
      page: env.AMPOST_SANDBOX_PAGE ?? (isLoopbackHost(new URL(appUrl).hostname) ? "open" : "own"),
    },
    engineSpeed: env.AMPOST_ENGINE_SPEED,
    scheduling: env.AMPOST_SCHEDULING,
    latestSeconds: env.AMPOST_LATEST * 3600,
    drainSeconds: env.AMPOST_DRAIN_SECONDS,
    stopSeconds: env.AMPOST_STOP_SECONDS,
    journalDays: env.AMPOST_JOURNAL_DAYS,
    auditDays: env.AMPOST_AUDIT_DAYS === "none" ? null : env.AMPOST_AUDIT_DAYS,
    requestLogDays: env.AMPOST_REQUEST_LOG_DAYS,
    workerSlots: env.AMPOST_WORKER_SLOTS,
    workerPort: env.AMPOST_WORKER_PORT ?? null,
    metrics: {
      port: env.AMPOST_METRICS_PORT ?? null,
      host: env.AMPOST_METRICS_HOST,
      token: env.AMPOST_METRICS_TOKEN ?? null,
    },
    alerts: {
      emails: env.AMPOST_ALERT_EMAIL ?? null,
      webhook:
        env.AMPOST_ALERT_WEBHOOK === undefined
          ? null
          : { url: env.AMPOST_ALERT_WEBHOOK, secret: env.AMPOST_ALERT_WEBHOOK_SECRET ?? null },
    },
    traces:
      env.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
        ? null
        : {
            endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
            headers: Object.fromEntries(env.OTEL_EXPORTER_OTLP_HEADERS ?? []),
          },
    forcePrivateUploads: env.YOUTUBE_FORCE_PRIVATE_UPLOADS,
    platformLimits: env.AMPOST_PLATFORM_LIMITS ?? {},
    platformPrices: inMicroUsd(env.AMPOST_PLATFORM_PRICES ?? {}),
    platformEnvironment: {
      LINKEDIN_API_VERSION: env.LINKEDIN_API_VERSION,
      META_GRAPH_VERSION: env.META_GRAPH_VERSION,
      YOUTUBE_FORCE_PRIVATE_UPLOADS: String(env.YOUTUBE_FORCE_PRIVATE_UPLOADS),
      TIKTOK_PRIVATE_POSTS_ONLY: String(env.TIKTOK_PRIVATE_POSTS_ONLY),
    },
    apps: appsOf(apps, appUrl),
    signUp: env.AMPOST_SIGNUP,
    maxUsers: numberOrNull(env.AMPOST_MAX_USERS ?? (env.AMPOST_SIGNUP === "open" ? OPEN_MAX_USERS : "none")),
    privacyUrl: env.AMPOST_PRIVACY_URL ?? null,
    termsUrl: env.AMPOST_TERMS_URL ?? null,
    userLimits: userLimitsOf(env, env.AMPOST_SIGNUP === "open" ? OPEN_LIMITS : NO_LIMITS),
    setUserLimits: userLimitsOf(env, NO_LIMITS),
    addressLimits: {
      callsPerMinute: numberOrNull(env.AMPOST_ADDRESS_CALLS_PER_MINUTE),
      failedKeysPerMinute: numberOrNull(env.AMPOST_ADDRESS_FAILED_KEYS_PER_MINUTE),
    },
    maxPlatformSets: env.AMPOST_MAX_PLATFORM_SETS === "none" ? null : env.AMPOST_MAX_PLATFORM_SETS,
    mail: {
      smtpUrl: env.AMPOST_SMTP_URL ?? null,
      from: env.AMPOST_MAIL_FROM ?? `Ampost <ampost@${new URL(appUrl).hostname}>`,
      folder: join(dataDir, "mail"),
    },
    billing: billingOf(env),
    logLevel: env.AMPOST_LOG_LEVEL,
  };
}

function inMicroUsd(prices: NonNullable<Environment["AMPOST_PLATFORM_PRICES"]>): SetPrices {
  return Object.fromEntries(
    Object.entries(prices).map(([platform, given]) => [
      platform,
      Object.fromEntries(Object.entries(given).map(([what, usd]) => [what, Math.round(usd * 1e6)])),
    ]),
  );
}

function billingOf(env: Environment): BillingSettings | null {
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: webhookSecret } = env;
  const { STRIPE_PRICE_CREATOR: creator, STRIPE_PRICE_PRO: pro, STRIPE_PRICE_SCALE: scale } = env;
  // Which of them is missing has been said: see `incomplete`.
  if (!secretKey || !webhookSecret || !creator || !pro || !scale) return null;
  return {
    secretKey,
    webhookSecret,
    prices: { creator, pro, scale },
    trialDays: env.STRIPE_TRIAL_DAYS,
    automaticTax: env.STRIPE_AUTOMATIC_TAX,
    collectTaxIds: env.STRIPE_TAX_IDS,
    apiUrl: env.STRIPE_API_URL,
  };
}

function readBrand(env: Environment, problems: string[]): Brand {
  const { AMPOST_BRAND_LOGO: path } = env;
  let logo: string | null = null;
  if (path !== undefined) {
    try {
      logo = toLogo(readFileSync(path));
      const refused = refuseLogo(logo);
      if (refused !== null) problems.push(`AMPOST_BRAND_LOGO is ${path}, which must ${refused}.`);
    } catch (error) {
      problems.push(`AMPOST_BRAND_LOGO points to ${path}, which cannot be read (${codeOf(error)}).`);
    }
  }
  return {
    name: env.AMPOST_BRAND_NAME ?? null,
    logo,
    color: env.AMPOST_BRAND_COLOR ?? null,
    darkColor: env.AMPOST_BRAND_DARK_COLOR ?? null,
    supportAddress: env.AMPOST_BRAND_SUPPORT ?? null,
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}

function storageOf(env: Environment, dataDir: string): StorageSettings {
  if (env.AMPOST_STORAGE === "disk") return { kind: "disk", folder: join(dataDir, "storage") };
  return { kind: "s3", bucket: env.AMPOST_S3_BUCKET ?? "", prefix: env.AMPOST_S3_PREFIX, ...s3AccessOf(env) };
}

function s3AccessOf(env: Environment): S3Access {
  const { AMPOST_S3_ACCESS_KEY_ID: accessKeyId, AMPOST_S3_SECRET_ACCESS_KEY: secretAccessKey } = env;
  return {
    region: env.AMPOST_S3_REGION,
    endpoint: env.AMPOST_S3_ENDPOINT ?? null,
    credentials: accessKeyId !== undefined && secretAccessKey !== undefined ? { accessKeyId, secretAccessKey } : null,
    forcePathStyle: env.AMPOST_S3_FORCE_PATH_STYLE,
  };
}

function backupScheduleOf(env: Environment): BackupSchedule | null {
  const { AMPOST_BACKUP_TO: to, AMPOST_BACKUP_HOURS: everyHours, AMPOST_BACKUP_KEEP: keep } = env;
  if (to === undefined) return null;
  return { to: to.startsWith("s3://") ? to : resolve(to), everyHours, keep };
}

function userLimitsOf(env: Environment, otherwise: UserLimits): UserLimits {
  const given = (value: number | "none" | undefined, unset: number | null) =>
    value === undefined ? unset : numberOrNull(value);
  return {
    callsPerMinute: given(env.AMPOST_USER_CALLS_PER_MINUTE, otherwise.callsPerMinute),
    postsPerDay: given(env.AMPOST_USER_POSTS_PER_DAY, otherwise.postsPerDay),
    maxScheduledPosts: given(env.AMPOST_USER_SCHEDULED_POSTS, otherwise.maxScheduledPosts),
    contentBytesPerDay: given(env.AMPOST_USER_CONTENT_PER_DAY, otherwise.contentBytesPerDay),
    maxStorageBytes: given(env.AMPOST_USER_STORAGE, otherwise.maxStorageBytes),
  };
}

function numberOrNull(value: number | "none"): number | null {
  return value === "none" ? null : value;
}

function appsOf(values: Partial<Record<string, string>>, appUrl: string): Config["apps"] {
  const apps: Config["apps"] = new Map();
  for (const platform of PLATFORM_NAMES) {
    const clientId = values[appVariable(platform, "CLIENT_ID")];
    const clientSecret = values[appVariable(platform, "CLIENT_SECRET")];
    const redirectUri = values[appVariable(platform, "REDIRECT_URI")] ?? `${appUrl}/api/platforms/${platform}/callback`;
    const scopes = listed(values[appVariable(platform, "SCOPES")]);
    const configId = values[appVariable(platform, "CONFIG_ID")] ?? null;
    if (clientId !== undefined && clientSecret !== undefined)
      apps.set(platform, { clientId, clientSecret, redirectUri, scopes, configId });
  }
  return apps;
}

function listed(scopes: string | undefined): string[] | null {
  return scopes === undefined ? null : scopes.split(/[\s,]+/).filter((name) => name !== "");
}

/** Reads each `NAME_FILE`, which is how container platforms provide secrets. */
function withFiles(env: NodeJS.ProcessEnv, problems: string[]): NodeJS.ProcessEnv {
  const values = { ...env };
  for (const [name, schema] of variables) {
    const path = env[`${name}_FILE`];
    if (!path || about.get(schema)?.secret !== true) continue;
    if (env[name]) problems.push(`${name} and ${name}_FILE are both set: unset one of them.`);
    try {
      values[name] = readFileSync(path, "utf8").trim();
    } catch (error) {
      problems.push(`${name}_FILE points to ${path}, ` + `which cannot be read (${codeOf(error)}).`);
    }
  }
  return values;
}

function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
}

function explain(name: string, values: NodeJS.ProcessEnv): string {
  const variable = about.get(variables.find(([known]) => known === name)?.[1] ?? environment);
  const given = variable?.secret ? "" : ` It is ${JSON.stringify(values[name])}.`;
  return `${name} must be ${variable?.takes}, for example ${variable?.example}.${given}`;
}

/** Variables that make sense only together. */
function incomplete(values: NodeJS.ProcessEnv): string[] {
  const problems: string[] = [];
  const together = (one: string, other: string) => {
    if (values[one] && !values[other]) problems.push(`${one} is set but ${other} is not: set both or neither.`);
  };
  for (const platform of PLATFORM_NAMES) {
    const [id, secret] = [appVariable(platform, "CLIENT_ID"), appVariable(platform, "CLIENT_SECRET")];
    together(id, secret);
    together(secret, id);
    for (const part of ["REDIRECT_URI", "SCOPES", "CONFIG_ID"] as const) together(appVariable(platform, part), id);
    problems.push(...unusableScopes(platform, values));
  }
  together("AMPOST_S3_ACCESS_KEY_ID", "AMPOST_S3_SECRET_ACCESS_KEY");
  together("AMPOST_S3_SECRET_ACCESS_KEY", "AMPOST_S3_ACCESS_KEY_ID");
  if (values.AMPOST_STORAGE === "s3" && !values.AMPOST_S3_BUCKET)
    problems.push(
      "AMPOST_STORAGE is s3 but AMPOST_S3_BUCKET is not set. Set it to the name of a bucket, for example ampost-media.",
    );
  return [...problems, ...incompleteBilling(values)];
}

const PRICES = ["STRIPE_PRICE_CREATOR", "STRIPE_PRICE_PRO", "STRIPE_PRICE_SCALE"] as const;

function incompleteBilling(values: NodeJS.ProcessEnv): string[] {
  const others = ["STRIPE_WEBHOOK_SECRET", ...PRICES];
  if (!values.STRIPE_SECRET_KEY)
    return others
      .filter((name) => values[name])
      .map((name) => `${name} is set but STRIPE_SECRET_KEY is not: set both, or unset it to run without billing.`);
  const shared = Map.groupBy(
    PRICES.flatMap((name) => [...new Set(listed(values[name]) ?? [])].map((id) => [id, name] as const)),
    ([id]) => id,
  );
  return [
    ...others.filter((name) => !values[name]).map((name) => `STRIPE_SECRET_KEY is set but ${name} is not: set it too.`),
    ...[...shared]
      .filter(([, names]) => names.length > 1)
      .map(([id, names]) => `${names.map(([, name]) => name).join(" and ")} have the same price ${id}.`),
  ];
}

/** Each limit or price that there is not. */
function unknownNumbers(
  variable: "AMPOST_PLATFORM_LIMITS" | "AMPOST_PLATFORM_PRICES",
  value: string | undefined,
): string[] {
  if (value === undefined) return [];
  return namedNumbers(value).flatMap(([platform, name]) => {
    const problem = `${variable} has ${platform}.${name}, but`;
    if (!isPlatformName(platform)) return [`${problem} the platforms are ${PLATFORM_NAMES.join(", ")}.`];
    const { quotas } = catalog[platform].capabilities;
    const names: readonly string[] =
      variable === "AMPOST_PLATFORM_PRICES" ? COUNTABLES : quotas.map((quota) => quota.name);
    if (names.includes(name)) return [];
    return [`${problem} ${platform} has only ${names.join(", ")}.`];
  });
}

function unusableScopes(platform: PlatformName, values: NodeJS.ProcessEnv): string[] {
  const name = appVariable(platform, "SCOPES");
  const chosen = listed(values[name]);
  if (chosen === null) return [];
  const configId = appVariable(platform, "CONFIG_ID");
  if (values[configId])
    return [`${name} and ${configId} are both set: the configuration has its own permissions, so unset ${name}.`];
  const refused = refuseScopes(platform, chosen);
  return refused === null ? [] : [`${name}: ${refused.message} ${refused.fix}`];
}

/** Secrets that are public in `.env.example`. */
function examples(values: NodeJS.ProcessEnv): string[] {
  return variables.flatMap(([name, schema]) => {
    const { madeBy, example } = about.get(schema) ?? {};
    // A key that has already encrypted something must still decrypt it, after a private one.
    const value = values[name]?.split(",")[0]?.trim();
    if (madeBy === undefined || example === undefined || value === undefined || !isSame(value, example)) return [];
    const cure =
      name === "AMPOST_ENCRYPTION_KEY"
        ? " If it has already sealed anything, keep it after the new one, separated by a comma, " +
          "and run `ampost keys rotate-encryption`."
        : "";
    return [`${name} is the public example from .env.example. Generate your own with \`${madeBy}\`.${cure}`];
  });
}

/** Whether the bytes are those of the example, however they are written. */
function isSame(value: string, example: string): boolean {
  const bytes = Buffer.from(example, "base64");
  return (["base64", "hex"] as const).some((encoding) => Buffer.from(value, encoding).equals(bytes));
}

/**
 * A misspelt variable would otherwise be ignored in silence. Those of the tests are theirs, and the keys are for the
 * client commands.
 */
function unknownVariables(env: NodeJS.ProcessEnv): Warning[] {
  const known = variables.flatMap(([name, schema]) => (about.get(schema)?.secret ? [name, `${name}_FILE`] : [name]));
  return Object.keys(env)
    .filter(
      (name) =>
        name.startsWith("AMPOST_") &&
        !name.startsWith("AMPOST_TEST_") &&
        name !== "AMPOST_API_KEY" &&
        name !== "AMPOST_OPERATOR_KEY" &&
        !known.includes(name),
    )
    .map((name) => {
      const nearest = nearestWord(known, name);
      const message = `${name} is not an Ampost variable${nearest ? `. Did you mean ${nearest}?` : "."}`;
      return { message, cure: "Rename or unset it." };
    });
}

const NEEDS_TLS = [
  ["apiUrl", "AMPOST_API_URL", "API keys are sent unencrypted"],
  ["appUrl", "AMPOST_APP_URL", "no platform redirects people to it, so accounts can be connected only in test mode"],
  ["mediaUrl", "AMPOST_MEDIA_URL", "no platform fetches media from it"],
] as const;

/** URLs for other machines that are not https, each once. */
function unencryptedUrls(urls: Pick<Config, "apiUrl" | "appUrl" | "mediaUrl">): Warning[] {
  const open = NEEDS_TLS.filter(([name]) => {
    const { protocol, hostname } = new URL(urls[name]);
    return protocol === "http:" && !isLoopbackHost(hostname);
  });
  return [...Map.groupBy(open, ([name]) => urls[name])].map(([url, affected]) => {
    const effects = affected.map(([, , effect]) => effect);
    return {
      message: `${affected[0]?.[1]} is ${url}, which is not https: ${effects.join("; ")}.`,
      cure: `Put a TLS proxy in front of Ampost and set ${affected[0]?.[1]} to its https URL.`,
    };
  });
}
