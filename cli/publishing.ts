import type pg from "pg";

import { type Mode, MODES } from "../model/platform-names.ts";
import { listUnknown } from "../server/db/queries/hold.ts";
import { findOwnerOfTarget, listAllPauses, type PauseRow } from "../server/db/queries/pauses.ts";
import { listSetAside } from "../server/db/queries/set-aside.ts";
import { transaction } from "../server/db/sql.ts";
import { BY_INSTANCE } from "../server/domain/call.ts";
import { type PauseTarget, scopeOf, startPause, stopPause } from "../server/domain/publishing/pauses.ts";
import { HOLD_REASONS, holdCure, readHold, releaseHold } from "../server/publishing/hold.ts";
import { SET_ASIDE_CURE } from "../server/publishing/set-aside.ts";
import type { Instance } from "../server/start/instance.ts";
import { openStorage } from "../server/storage/open-storage.ts";
import { answer } from "./answer.ts";
import { describePause } from "./doctor-publishing.ts";
import { findNamedUser, type InstanceOptions, isId, withInstance } from "./instance-command.ts";

/** How many pauses are named; the others are counted. */
const NAMED_PAUSES = 20;

/** How many posts are named that a person has to look for. */
const NAMED_POSTS = 50;

/** Whether posts are published, and what prevents it. */
export function runPublishingStatus(options: InstanceOptions): Promise<void> {
  return withInstance(async ({ pool }) => {
    const { json, lines } = await readPublishing(pool);
    answer(options, json, lines);
  });
}

/** The state of publishing, for programs and for people. */
export async function readPublishing(pool: pg.Pool): Promise<{ json: object; lines: string[] }> {
  const held = await readHold(pool);
  const setAside = await listSetAside.all(pool, [null]);
  const aside =
    setAside.length === 0
      ? []
      : [
          "Set aside because workers crashed on them repeatedly:",
          ...setAside.map(({ postId, platform, status }) => `  ${postId} on ${platform}: ${status}`),
          SET_ASIDE_CURE,
        ];
  const paused = await listAllPauses.all(pool, [NAMED_PAUSES]);
  const isPaused = paused.some((row) => scopeOf(row) === "instance");
  const pauses = paused.map((row) => ({ scope: scopeOf(row), ...shown(row) }));
  const total = paused[0]?.total ?? 0;
  const pauseLines = [
    ...paused.map((row) => `Paused since ${row.since.toISOString()}: ${describePause(row)}.`),
    ...(total > paused.length ? [`${total - paused.length} more pauses are in effect.`] : []),
    ...(total > 0 ? ["`ampost publishing resume` ends a pause that the operator started."] : []),
  ];
  if (held === null)
    return {
      json: { publishing: isPaused ? "paused" : "running", pauses, setAside },
      lines: [isPaused ? "Publishing is paused." : "Publishing is running.", ...pauseLines, ...aside],
    };
  const { reason, since, doubtedUntil, doubted, unknown, waiting } = held;
  const undecided = await listUnknown.all(pool, [NAMED_POSTS]);
  const others = (undecided[0]?.total ?? 0) - undecided.length;
  const unknownLines = [
    ...undecided.map(
      ({ post_id: postId, platform, account, due_at: dueAt }) =>
        `  ${postId} on ${platform} (${account}), due ${dueAt.toISOString()}: look whether it is there`,
    ),
    ...(others > 0 ? [`  and ${others} more`] : []),
    ...(undecided.length > 0
      ? [
          "If a post is not there, retry it after the release: `ampost posts retry ID --platforms PLATFORM --force`. If it is, leave it.",
        ]
      : []),
  ];
  return {
    json: { publishing: "held", reason, since, doubtedUntil, doubted, unknown, waiting, undecided, pauses, setAside },
    lines: [
      `Publishing has been on hold since ${since}. ${HOLD_REASONS[reason]}`,
      `Posts that were due by ${doubtedUntil} may already be live: ${doubted} are being checked, ` +
        `${unknown} need a person to check.`,
      `${waiting} are due and waiting for release.`,
      holdCure(reason),
      ...unknownLines,
      ...pauseLines,
      ...aside,
    ],
  };
}

/** A person has confirmed that this instance is the one that continues. */
export function runRelease(options: InstanceOptions & { until?: string }): Promise<void> {
  const until = options.until === undefined ? new Date() : new Date(options.until);
  if (Number.isNaN(until.getTime())) throw new Error("--until must be a time, such as 2027-01-31T09:30:00Z.");
  return withInstance(async ({ pool, config }: Instance) => {
    const storage = await openStorage(config.storage);
    try {
      const released = await releaseHold(pool, { dataDir: config.dataDir, storage }, until);
      answer(options, { publishing: "running", released }, [
        released ? "Publishing has resumed." : "Publishing was not on hold.",
      ]);
    } finally {
      storage.close();
    }
  });
}

interface PauseOptions extends InstanceOptions {
  user?: string;
  mode?: Mode;
  set?: string;
  account?: string;
}

/** Pauses or resumes as the operator: the instance, or what is named. */
export function runPause(name: "pause" | "resume", options: PauseOptions): Promise<void> {
  return withInstance(async ({ pool }) => {
    const targets = await findTargets(pool, options);
    const work = name === "pause" ? startPause : stopPause;
    const changed = await transaction(pool, async (tx) => {
      const results: boolean[] = [];
      for (const target of targets) results.push(await work(tx, BY_INSTANCE, target));
      return results.includes(true);
    });
    const what = targets.map(scopeOf)[0] ?? "instance";
    const state = name === "pause" ? "paused" : "resumed";
    answer(options, { scope: what, [state]: changed }, [
      changed ? `Publishing is ${state}.` : `Nothing to do: it was ${name === "pause" ? "already" : "not"} paused.`,
    ]);
  });
}

async function findTargets(pool: pg.Pool, { user, mode, set, account }: PauseOptions): Promise<PauseTarget[]> {
  const whole = { user_id: null, mode: null, platform_set_id: null, account_id: null, by_operator: true };
  if (user !== undefined) {
    const { id } = await findNamedUser({ pool }, user);
    return MODES.filter((each) => mode === undefined || each === mode).map((each) => ({
      ...whole,
      user_id: id,
      mode: each,
    }));
  }
  if (mode !== undefined) throw new Error("--mode needs --user.");
  if (set === undefined && account === undefined) return [whole];
  const id = set ?? account ?? "";
  const owner = isId(id) ? await findOwnerOfTarget.one(pool, [set ?? null, account ?? null]) : undefined;
  if (owner === undefined) throw new Error(`There is no ${set === undefined ? "account" : "platform set"} ${id}.`);
  return [{ ...whole, ...owner, platform_set_id: set ?? null, account_id: account ?? null }];
}

function shown({ email, mode, platform_set_id, account_id, by_operator, since }: PauseRow & { email: string | null }) {
  return { email, mode, platformSetId: platform_set_id, accountId: account_id, byOperator: by_operator, since };
}
