import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { pino } from "pino";
import { z } from "zod";

import type { PlatformName } from "../model/platform-names.ts";
import type { AccountKey } from "../model/tenant.ts";
import { loginOf } from "../platforms/index.ts";
import { createHttpClient } from "../platforms/kit/http.ts";
import { startSandbox } from "../sandbox/server.ts";
import { connectSandboxAccount } from "../server/oauth/connect-sandbox.ts";
import type { OAuthServices } from "../server/oauth/services.ts";
import { createVault } from "../server/vault/vault.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";

/** The environment for tests of token renewal: a database, and a sandbox with accounts. */
export interface CareWorld {
  database: TestDatabase;
  services: OAuthServices;
  /** Connects an account of a new user through the platform's consent page. */
  connect(platform: PlatformName): Promise<AccountKey>;
  /** Advances the sandbox's clock and ages this account's tokens in the database. */
  pass(account: AccountKey, seconds: number): Promise<void>;
  /** How many requests of this kind the sandbox has received since the start. */
  received(operation: string, platform?: PlatformName): Promise<number>;
  control(path: string, body: object): Promise<void>;
  health(account: AccountKey): Promise<{ token_health: string; token_health_reason: string | null }>;
  events(account: AccountKey): Promise<{ type: string; data: Record<string, unknown> }[]>;
  /**
   * Starts a process that requests the token `times` times concurrently when told to. With `dies`, it is killed once
   * the platform has renewed.
   */
  startAsker(account: AccountKey, times: number, options?: { dies: boolean }): Promise<Asker>;
  end(): Promise<void>;
}

export interface Asker {
  /** Empty if the process has died. */
  ask(): Promise<string[]>;
}

export async function openCareWorld(): Promise<CareWorld> {
  const database = await createTestDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "ampost-care-"));
  const sandbox = await startSandbox({ port: 0, dataDir, limits: true });
  const key = randomBytes(32);
  const services = careServices(database, sandbox.url, key);
  const { pool } = database;
  const children: ChildProcess[] = [];

  const control = async (path: string, body: object) => {
    const answer = await services.directHttp.send({
      method: "POST",
      url: `${sandbox.url}/_sandbox/${path}`,
      json: body,
    });
    if (answer.status > 299) throw new Error(`The sandbox answered ${answer.status}: ${answer.text}`);
  };
  return {
    database,
    services,
    control,
    async connect(platform) {
      const [userId, platformSetId] = [`user_${randomUUID()}`, randomUUID()];
      await pool.query("insert into users (id, email) values ($1, $1 || '@example.com')", [userId]);
      await pool.query("insert into platform_sets (id, user_id, mode, name) values ($1, $2, 'test', 'Default')", [
        platformSetId,
        userId,
      ]);
      return {
        accountId: await connectSandboxAccount(services, { userId, platformSetId, platform }),
        userId,
        mode: "test",
      };
    },
    async pass({ accountId }, seconds) {
      await control("clock", { advanceSeconds: seconds });
      await pool.query(
        `update connections set issued_at = issued_at - make_interval(secs => $2),
           access_token_expires_at = access_token_expires_at - make_interval(secs => $2),
           refresh_token_expires_at = refresh_token_expires_at - make_interval(secs => $2),
           data_access_expires_at = data_access_expires_at - make_interval(secs => $2) where account_id = $1`,
        [accountId, seconds],
      );
    },
    async received(operation, platform) {
      const answer = await services.directHttp.send({ method: "GET", url: `${sandbox.url}/_sandbox/requests` });
      const requests = z
        .array(z.object({ operation: z.string().nullable(), platform: z.string().nullable() }))
        .parse(answer.json());
      return requests.filter(
        (request) => request.operation === operation && (platform === undefined || request.platform === platform),
      ).length;
    },
    async health({ accountId }) {
      const { rows } = await pool.query<{ token_health: string; token_health_reason: string | null }>(
        "select token_health, token_health_reason from accounts where id = $1",
        [accountId],
      );
      if (rows[0] === undefined) throw new Error("no such account");
      return rows[0];
    },
    async events({ accountId }) {
      const { rows } = await pool.query<{ type: string; data: Record<string, unknown> }>(
        "select type, data from outbox where account_id = $1 and type <> 'account.connected' order by id",
        [accountId],
      );
      return rows;
    },
    async startAsker(account, times, { dies } = { dies: false }) {
      const child = spawn(
        process.execPath,
        ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "token-asker.ts")],
        {
          env: {
            ...process.env,
            NODE_TEST_CONTEXT: "",
            ASK: JSON.stringify({
              url: database.url,
              sandboxUrl: sandbox.url,
              key: key.toString("hex"),
              account,
              times,
              dies,
            }),
          },
          stdio: ["pipe", "pipe", "inherit"],
        },
      );
      children.push(child);
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      await lines.next();
      return {
        ask: async () => {
          child.stdin.end("now\n");
          const { value } = await lines.next();
          return z.array(z.string()).parse(JSON.parse(value ?? "[]"));
        },
      };
    },
    async end() {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill("SIGKILL");
        await once(child, "exit");
      }
      await sandbox.close();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The services of one process that uses these. */
export function careServices({ pool }: Pick<TestDatabase, "pool">, sandboxUrl: string, key: Buffer): OAuthServices {
  const http = createHttpClient({ sandboxUrl });
  return {
    pool,
    vault: createVault([key]),
    log: pino({ enabled: false }),
    httpFor: () => http,
    directHttp: createHttpClient({ allowHttp: true }),
    oauthOf: loginOf,
    liveApp: () => null,
    appUrl: "http://localhost:3000",
    sandboxUrl,
  };
}
