import type pg from "pg";

import { findLastAuditEvent } from "../server/db/queries/audit-events.ts";
import { countByKey } from "../server/domain/encryption/rotate-encryption.ts";
import { countSealedJobs } from "../server/jobs/sealed-jobs.ts";
import type { Config } from "../server/start/config.ts";
import { keyFile } from "../server/vault/key-file.ts";
import { keyIdOf } from "../server/vault/vault.ts";
import { type Finding, ok, warning } from "./finding.ts";

/** How long a media URL signed before the last rotation can stay valid, in hours. */
const MEDIA_URL_HOURS = 25;

/**
 * Which of several keys are still needed, and when the others can be removed. The keys are known to decrypt what the
 * database holds.
 */
export async function checkOldKeys(
  pool: pg.Pool,
  config: Pick<Config, "encryptionKeys" | "dataDir">,
  keys: readonly Buffer[],
): Promise<Finding[]> {
  const [first = "", ...others] = keys.map(keyIdOf);
  const values = new Map((await countByKey(pool)).map(({ keyId, count }) => [keyId, count]));
  const jobs = new Map((await countSealedJobs(pool)).map(({ keyId, count }) => [keyId, count]));
  const rotatedAt = (await findLastAuditEvent.one(pool, ["encryption.rotated"]))?.created_at;
  const where = config.encryptionKeys === null ? keyFile(config.dataDir) : "AMPOST_ENCRYPTION_KEY";
  const earlier = others.map((keyId) =>
    toFinding(keyId, values.get(keyId) ?? 0, jobs.get(keyId) ?? 0, rotatedAt, where),
  );
  const unknown = [...values].filter(([keyId]) => keyId !== first && !others.includes(keyId));
  const lost = unknown.map(([keyId, count]) =>
    warning(
      "encryption key",
      `${counted(count, "value")} sealed with the key ${keyId}, which is missing`,
      `Add that key after the others in ${where}, or reconnect the accounts.`,
    ),
  );
  return [...earlier, ...lost];
}

function toFinding(keyId: string, values: number, jobs: number, rotatedAt: Date | undefined, where: string): Finding {
  if (values > 0)
    return warning(
      "encryption key",
      `${counted(values, "value")} still sealed with the earlier key ${keyId}, so keep it`,
      "Run `ampost keys rotate-encryption` to reseal them with the first key.",
    );
  if (jobs > 0)
    return ok(
      "encryption key",
      `keep the earlier key ${keyId} until ${jobs} ` +
        `${jobs === 1 ? "job that it sealed is" : "jobs that it sealed are"} done`,
    );
  const safeAt = new Date((rotatedAt ?? new Date()).getTime() + MEDIA_URL_HOURS * 3_600_000);
  if (safeAt > new Date())
    return ok(
      "encryption key",
      `the earlier key ${keyId} no longer seals anything; keep it until ${safeAt.toISOString()}, ` +
        "because media URLs that it signed are valid until then",
    );
  return ok("encryption key", `the earlier key ${keyId} is no longer needed and can be removed from ${where}`);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? " is" : "s are"}`;
}
