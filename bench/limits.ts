import { newId } from "../model/ids.ts";
import { saveAccount, saveConnection } from "../server/db/queries/connections.ts";
import { listSets } from "../server/db/queries/platform-sets.ts";
import { createApiKey } from "../server/domain/api-keys/api-keys.ts";
import { ensureUser } from "../server/domain/users/ensure-user.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import { CONNECTIONS, PROCESSES, startProcesses } from "./create-draft.ts";
import { drive } from "./drive.ts";
import { install, type Installation } from "./installation.ts";
import { median, show, showMilliseconds, showPercent, showTimes } from "./numbers.ts";
import { createRequest, PLATFORM, type TestUser } from "./test-users.ts";

const ROUNDS = 7;
const ROUND_SECONDS = 4;
const WARM_SECONDS = 12;
const LEAST_SHARE = 0.9;
const USERS = 50;

export const limits: Benchmark = {
  name: "limits",
  title: "What limits cost",
  about:
    `\`POST /api/v1/posts\` with a live key to ${PROCESSES} \`ampost api\` processes from ${CONNECTIONS} connections: ` +
    `${USERS} users with a plan, whose rate limits and quotas are all counted but never reached, beside as many without ` +
    `limits in the same run (the raw limit). ${ROUNDS} rounds of ${ROUND_SECONDS} s each in turn, after ${WARM_SECONDS} s of ` +
    "warm-up each; medians of the rounds' ratios.",
  async measure(workspace) {
    const installation = await install(workspace, "data", { AMPOST_DATABASE_POOL: String(2 * PROCESSES) });
    const [free, limited] = [
      await createLiveUsers(installation, "free"),
      await createLiveUsers(installation, "limited"),
    ];
    await installation.pool.query("update users set plan = 'scale', plan_limits = $2 where id = any($1)", [
      limited.map(({ userId }) => userId),
      { createPost: 1e9, postsPerMonth: 1e9, apiRequestsPerMonth: 1e9 },
    ]);
    const origins = (await startProcesses(installation)).map(({ url }) => url);
    const measureOf = async (users: readonly TestUser[], seconds: number) =>
      await drive({
        origins,
        requests: users.map((user) => createRequest(user, "A draft like any other, of about the usual length.")),
        connections: CONNECTIONS,
        until: { seconds },
      });
    for (const users of [free, limited]) await measureOf(users, WARM_SECONDS);
    const rounds = [];
    for (let number = 1; number <= ROUNDS; number += 1) {
      // Each goes first in turn: the tables grow meanwhile.
      const order = number % 2 === 0 ? [free, limited] : [limited, free];
      const results = new Map([
        [order[0], await measureOf(order[0] ?? free, ROUND_SECONDS)],
        [order[1], await measureOf(order[1] ?? free, ROUND_SECONDS)],
      ]);
      const [without, withLimits] = [results.get(free), results.get(limited)];
      if (without === undefined || withLimits === undefined) throw new Error("A round has no result");
      rounds.push({ without, withLimits });
      workspace.say(`round ${number}: ${show(withLimits.perSecond)}/s beside ${show(without.perSecond)}/s`);
    }
    return rowsOf(rounds);
  },
};

type Result = Awaited<ReturnType<typeof drive>>;

function rowsOf(rounds: readonly { without: Result; withLimits: Result }[]): Row[] {
  const medianOf = (value: (round: { without: Result; withLimits: Result }) => number) => median(rounds.map(value));
  const share = medianOf(({ withLimits, without }) => withLimits.perSecond / without.perSecond);
  return [
    {
      what: "drafts created per second with limits",
      value: show(medianOf(({ withLimits }) => withLimits.perSecond)),
      raw: `${show(medianOf(({ without }) => without.perSecond))} without`,
      ratio: showPercent(share),
      target: `at least ${showPercent(LEAST_SHARE)}`,
      met: share >= LEAST_SHARE,
    },
    {
      what: "p99 of a create with limits",
      value: showMilliseconds(medianOf(({ withLimits }) => withLimits.p99)),
      raw: showMilliseconds(medianOf(({ without }) => without.p99)),
      ratio: showTimes(medianOf(({ withLimits, without }) => withLimits.p99 / without.p99)),
    },
  ];
}

async function createLiveUsers(installation: Installation, name: string): Promise<TestUser[]> {
  const users: TestUser[] = [];
  for (let number = 1; number <= USERS; number += 1)
    users.push(await createLiveUser(installation, `${name}-${number}`));
  return users;
}

/** A user in live mode with an account, which publishes nothing: there are only drafts. */
async function createLiveUser({ open }: Installation, name: string): Promise<TestUser> {
  return await open(async (instance) => {
    const { pool } = instance;
    const { id: userId } = await ensureUser(instance, `${name}@example.com`);
    const [set] = await listSets.all(pool, [userId, "live"]);
    if (set === undefined) throw new Error("A new user has no platform set");
    const id = newId();
    await saveAccount.run(pool, [
      id,
      userId,
      "live",
      set.id,
      PLATFORM,
      id,
      "bench",
      "Bench",
      null,
      ["threads_basic", "threads_content_publish"],
      {},
    ]);
    await saveConnection.run(pool, [id, userId, "live", "sealed", null, null, null, null, null, false]);
    const { apiKey } = await createApiKey(instance, { userId, mode: "live" }, { name: "bench" });
    return { userId, apiKey, platformSetId: set.id, account: { id, token: "" } };
  });
}
