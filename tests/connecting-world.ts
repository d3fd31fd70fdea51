import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { z } from "zod";

import { PLATFORM_NAMES, type PlatformName } from "../model/platform-names.ts";
import { platforms } from "../platforms/index.ts";
import type { OAuth } from "../platforms/platform.ts";
import { startSandbox } from "../sandbox/server.ts";
import { revokeGrant } from "../server/oauth/disconnect.ts";
import { REVOKE_QUEUE } from "../server/oauth/queues.ts";
import { objectIn } from "./answers.ts";
import { createWorld, type TestTenant, type World } from "./world.ts";

/** An environment whose accounts are connected at its own sandbox. */
export interface ConnectingWorld extends World {
  sandboxUrl: string;
  /** Creates and signs in a new user. */
  newcomer(): Promise<Newcomer>;
  accountsOf(tenant: TestTenant): Promise<ConnectedAccount[]>;
  choicesOf(cookie: string, id: string): Promise<z.infer<typeof choicesForm>>;
  eventsOf(accountId: string | undefined): Promise<string[]>;
  /** The audit events of a target or a user: who did what. */
  auditOf(target: string | undefined): Promise<string[]>;
  /** Runs the queued revocations, as a worker does. */
  doRevocations(): Promise<void>;
  /** The requests that the sandbox received. */
  requests(): Promise<SandboxRequest[]>;
  /** Calls the sandbox's control API. */
  control(path: string, body: object): Promise<unknown>;
}

export interface Newcomer {
  /** The tenant in test mode and in live mode. */
  tenant: TestTenant;
  live: TestTenant;
  cookie: string;
}

/** Every way to connect: each platform's default login and its others. */
export const WAYS: readonly { platform: PlatformName; login: string; oauth: OAuth; way: string }[] =
  PLATFORM_NAMES.flatMap((platform) => {
    const { oauth, otherLogins = {} } = platforms[platform];
    const logins: [string, OAuth][] = [
      ...(oauth === undefined ? [] : [["", oauth] satisfies [string, OAuth]]),
      ...Object.entries(otherLogins),
    ];
    return logins.map(([login, by]) => ({
      platform,
      login,
      oauth: by,
      way: login === "" ? platform : `${platform} by ${login}`,
    }));
  });

export async function createConnectingWorld(): Promise<ConnectingWorld> {
  const folder = await mkdtemp(join(tmpdir(), "ampost-connecting-"));
  const sandbox = await startSandbox({ port: 0, dataDir: folder, limits: true });
  const world = await createWorld({ sandboxUrl: sandbox.url });
  const { pool } = world.database;
  return {
    ...world,
    sandboxUrl: sandbox.url,
    newcomer: async () => {
      const { test: tenant, live } = await world.makeTenants();
      // All sign-ins come from one address, and would exceed its limit.
      await pool.query("delete from throttles");
      return { tenant, live, cookie: await world.signIn(tenant) };
    },
    accountsOf: async (tenant) =>
      z.object({ accounts: z.array(accountForm) }).parse((await world.call(tenant, "GET", "/api/v1/accounts")).body)
        .accounts,
    choicesOf: async (cookie, id) =>
      choicesForm.parse(
        objectIn((await world.callAs(cookie, "GET", `/api/connections/${id}/choices?mode=test`)).body, "choices"),
      ),
    eventsOf: async (accountId) =>
      (
        await pool.query<{ type: string }>("select type from outbox where account_id = $1 order by id", [accountId])
      ).rows.map(({ type }) => type),
    auditOf: async (target) => {
      const { rows } = await pool.query<{ actor_kind: string; action: string }>(
        "select actor_kind, action from audit_events where target = $1 order by id",
        [target],
      );
      return rows.map(({ actor_kind, action }) => `${actor_kind} ${action}`);
    },
    doRevocations: async () => {
      for (const { queue, data } of world.jobs.splice(0))
        if (queue === REVOKE_QUEUE) await revokeGrant(world.services.oauth, data);
    },
    requests: async () => z.array(requestForm).parse(await (await fetch(`${sandbox.url}/_sandbox/requests`)).json()),
    control: async (path, body) => {
      const response = await fetch(`${sandbox.url}/_sandbox/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return await response.json();
    },
    close: async () => {
      await world.close();
      await sandbox.close();
      await rm(folder, { recursive: true });
    },
  };
}

const accountForm = z.looseObject({
  id: z.string(),
  platform: z.enum(PLATFORM_NAMES),
  platformAccountId: z.string(),
  platformSetId: z.string(),
  displayName: z.string().nullable(),
  status: z.string(),
  tokenHealth: z.string(),
  scopes: z.array(z.string()),
});

export type ConnectedAccount = z.infer<typeof accountForm>;

const choicesForm = z.object({
  accounts: z.array(z.looseObject({ platformAccountId: z.string(), isConnected: z.boolean() })),
  connected: z.looseObject({ id: z.string() }).nullable(),
});

const requestForm = z.object({
  platform: z.string().nullable(),
  operation: z.string().nullable(),
  url: z.string(),
  headers: z.record(z.string(), z.unknown()),
  body: z.unknown(),
  status: z.number().nullable(),
});

export type SandboxRequest = z.infer<typeof requestForm>;
