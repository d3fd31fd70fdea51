import type { Benchmark } from "./benchmark.ts";
import { costsOfDriving, type Created, createdRow } from "./costs.ts";
import { CONNECTIONS } from "./create-draft.ts";
import { drive } from "./drive.ts";
import { install } from "./installation.ts";
import { median, show, showPercent } from "./numbers.ts";
import { createRequest, createTestUsers } from "./test-users.ts";

const PEOPLE = 50;
const DAYS = 40;
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
    `of ${PEOPLE} users that are due in the next ${DAYS} days, within what their accounts may publish in a day, ` +
    "and drafts in turn (the raw limit). " +
    `${ROUNDS} rounds of ${ROUND_SECONDS} s of each, after ${WARM_SECONDS} s of warm-up; medians.`,
  async measure(workspace) {
    const installation = await install(workspace, "data", { AMPOST_SCHEDULING: "all" });
    await installation.start("sandbox");
    const people = await createTestUsers(installation, PEOPLE);
    const text = "A post like any other, of about the usual length.";
    const drafts = people.map((person) => createRequest(person, text));
    const tomorrow = Date.now() + DAY_MILLISECONDS;
    const scheduled = Array.from({ length: DAYS }, (_, days) => new Date(tomorrow + days * DAY_MILLISECONDS)).flatMap(
      (dueAt) => people.map((person) => createRequest(person, text, dueAt)),
    );
    const api = await installation.start("api");
    const workers: number[] = [];
    while (workers.length < WORKERS) workers.push((await installation.start("worker")).pid);
    const create = (requests: typeof drafts, seconds: number) =>
      costsOfDriving(installation, { API: [api.pid], workers }, () =>
        drive({ origins: [installation.apiUrl], requests, connections: CONNECTIONS, until: { seconds } }),
      );
    await create(drafts, WARM_SECONDS / 2);
    await create(scheduled, WARM_SECONDS / 2);
    const rounds: Record<"drafts" | "scheduled", Created & { perSecond: number }>[] = [];
    for (let number = 1; number <= ROUNDS; number += 1) {
      const round = { drafts: await create(drafts, ROUND_SECONDS), scheduled: await create(scheduled, ROUND_SECONDS) };
      rounds.push(round);
      workspace.say(
        `round ${number}: ${show(round.scheduled.perSecond)}/s scheduled, ${show(round.drafts.perSecond)}/s drafts`,
      );
    }
    const share = median(rounds.map(({ drafts, scheduled }) => scheduled.perSecond / drafts.perSecond));
    return [
      {
        what: "posts scheduled per second",
        value: show(median(rounds.map(({ scheduled }) => scheduled.perSecond))),
        raw: `${show(median(rounds.map(({ drafts }) => drafts.perSecond)))} drafts`,
        ratio: showPercent(share),
        target: `at least ${showPercent(LEAST_SHARE)}`,
        met: share >= LEAST_SHARE,
      },
      createdRow(
        "processor time of a scheduled post (part of a core)",
        rounds.map(({ scheduled }) => scheduled),
      ),
      createdRow(
        "… of a draft",
        rounds.map(({ drafts }) => drafts),
      ),
    ];
  },
};
