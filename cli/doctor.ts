import type { Logger } from "pino";

import { oneLine } from "../model/one-line.ts";
import { deprecationsAhead } from "../platforms/deprecations.ts";
import { createHttpClient, type HttpClient } from "../platforms/kit/http.ts";
import { redact } from "../platforms/kit/redaction.ts";
import { type Config, ConfigError } from "../server/start/config.ts";
import { openInstance } from "../server/start/instance.ts";
import { answer, sentenceOf } from "./answer.ts";
import { checkBilling } from "./doctor-billing.ts";
import { checkDatabase } from "./doctor-database.ts";
import { checkDisk, checkLimits, checkSandboxStore } from "./doctor-limits.ts";
import { checkAccounts, checkApps, checkMedia, checkOwnApps } from "./doctor-live.ts";
import { checkMail } from "./doctor-mail.ts";
import { checkAddresses, checkOpenings, checkPorts, checkProxy, checkSandbox } from "./doctor-network.ts";
import { checkDataFolder, checkStorage } from "./doctor-storage.ts";
import { failed, type Finding, linesOf, ok, warning } from "./finding.ts";
import { readSettings } from "./settings.ts";

/** Checks everything an instance depends on, and exits with 1 if anything keeps it from working. */
export async function runDoctor(options: { json?: boolean; live?: boolean }): Promise<void> {
  const findings = await examine(options.live ?? false);
  const healthy = findings.every(({ status }) => status !== "failed");
  answer(options, { ok: healthy, checks: findings }, [
    ...findings.flatMap(linesOf),
    "",
    healthy ? "No problems found." : "Ampost will not work until the failures above are fixed.",
  ]);
  if (!healthy) process.exitCode = 1;
}

async function examine(isLive: boolean): Promise<Finding[]> {
  const settings = await readSettings("doctor").catch((error: unknown) => error);
  const node = ok("node", `${process.version} on ${process.platform} ${process.arch}`);
  if (!isSettings(settings)) return [node, ...configurationProblems(settings)];
  const { config, log } = settings;
  log.level = "error";
  const configuration = config.warnings.map(({ message, cure }) => warning("configuration", message, cure));
  const ahead = deprecationsAhead(config.platformEnvironment, new Date()).map(({ message, cure }) =>
    warning("platforms", message, cure),
  );
  const folder = await checkDataFolder(config);
  const others =
    folder.status === "failed"
      ? []
      : [
          await checkDatabase(config, log),
          [await checkStorage(config), await checkDisk(config)],
          await checkSandboxStore(config),
        ].flat();
  const network = await Promise.all([
    checkPorts(config),
    checkSandbox(config),
    checkAddresses(config),
    checkProxy(config),
    checkOpenings(config),
  ]);
  const mail = await checkMail(config);
  const billing = await checkBilling(config);
  const live = isLive ? await examinePlatforms(config, log, others) : [];
  return [
    node,
    ...(configuration.length > 0 ? configuration : [ok("configuration", "all variables are valid")]),
    folder,
    ...others,
    ...network.flat(),
    mail,
    ...billing,
    ...checkLimits(config),
    ...ahead,
    ...live,
  ];
}

/** How long the platforms may take for everything. */
const LIVE_SECONDS = 120;

/** What the platforms say about apps and accounts, without the secrets that they were sent. */
async function examinePlatforms(config: Config, log: Logger, database: readonly Finding[]): Promise<Finding[]> {
  const http = createHttpClient({ signal: AbortSignal.timeout(LIVE_SECONDS * 1000) });
  const apps = await checkApps(config, http);
  const findings = [...apps, ...(await examineAccounts(config, log, http, database))];
  const secrets = [...config.apps.values()].map(({ clientSecret }) => clientSecret);
  return findings.map(({ message, ...finding }) => ({ ...finding, message: oneLine(redact(message, secrets)) }));
}

/** Only in a database that is as this version expects it: nothing is migrated here. */
async function examineAccounts(
  config: Config,
  log: Logger,
  http: HttpClient,
  database: readonly Finding[],
): Promise<Finding[]> {
  const isReady =
    database.some(({ name, status }) => name === "migrations" && status === "ok") &&
    database.every(({ status }) => status !== "failed");
  if (!isReady)
    return [
      warning("accounts", "not checked, because the database is not ready", "Start Ampost once, then run this again."),
    ];
  const instance = await openInstance(config, log, 0);
  try {
    return [
      ...(await checkOwnApps(instance.oauth, http)),
      ...(await checkAccounts(instance.oauth, http)),
      await checkMedia(instance.pool, config, instance.secrets.mediaSecrets()[0]),
    ];
  } finally {
    await instance.close();
  }
}

function isSettings(value: unknown): value is { config: Config; log: Logger } {
  return typeof value === "object" && value !== null && "config" in value;
}

function configurationProblems(error: unknown): Finding[] {
  const problems = error instanceof ConfigError ? error.problems : [sentenceOf(error)];
  return problems.map((problem) =>
    failed("configuration", problem, "Fix or unset the variable. .env.example lists them all."),
  );
}
