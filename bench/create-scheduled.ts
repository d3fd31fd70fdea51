import type { Benchmark } from "./benchmark.ts";
import { CONNECTIONS } from "./create-draft.ts";
import { drive } from "./drive.ts";
import { install } from "./installation.ts";
import { median, show, showPercent } from "./numbers.ts";
import { createRequest, createTestUsers } from "./test-users.ts";

const WORKERS = 2;
const ROUNDS = 5;
const ROUND_SECONDS = 4;
const WARM_SECONDS = 8;
const LEAST_SHARE = 0.8;
const DAY_MILLISECONDS = 86_400_000;

export const createScheduled: Benchmark = {
  name: "create-scheduled",
  title: "Schedule a post beside workers",
  about:
    `\`POST /api/v1/posts\` to one \`ampost api\` from ${CONNECTIONS} connections beside ${WORKERS} idle workers: posts ` +
    "that are due tomorrow, and drafts in turn (the raw limit). " +
    `${ROUNDS} rounds of ${ROUND_SECONDS} s of each, after ${WARM_SECONDS} s of warm-up; medians.`,
  async measure(workspace) {
    const installation = await install(workspace, "data", { AMPOST_SCHEDULING: "all" });
    await installation.start("sandbox");
    const [person] = await createTestUsers(installation, 1);
    if (person === undefined) throw new Error("There is nobody to create posts for");
    await installation.start("api");
    for (let number = 1; number <= WORKERS; number += 1) await installation.start("worker");
    const create = async (seconds: number, dueAt?: Date) =>
      (
        await drive({
          origins: [installation.apiUrl],
          requests: [createRequest(person, "A post like any other, of about the usual length.", dueAt)],
          connections: CONNECTIONS,
          until: { seconds },
        })
      ).perSecond;
    const tomorrow = new Date(Date.now() + DAY_MILLISECONDS);
    await create(WARM_SECONDS / 2);
    await create(WARM_SECONDS / 2, tomorrow);
    const rounds: { drafts: number; scheduled: number }[] = [];
    for (let number = 1; number <= ROUNDS; number += 1) {
      const round = { drafts: await create(ROUND_SECONDS), scheduled: await create(ROUND_SECONDS, tomorrow) };
      rounds.push(round);
      workspace.say(`round ${number}: ${show(round.scheduled)}/s scheduled, ${show(round.drafts)}/s drafts`);
    }
    const share = median(rounds.map(({ drafts, scheduled }) => scheduled / drafts));
    return [
      {
        what: "posts scheduled per second",
        value: show(median(rounds.map(({ scheduled }) => scheduled))),
        raw: `${show(median(rounds.map(({ drafts }) => drafts)))} drafts`,
        ratio: showPercent(share),
        target: `at least ${showPercent(LEAST_SHARE)}`,
        met: share >= LEAST_SHARE,
      },
    ];
  },
};
