import { z } from "zod";

import type { QuietStep, Step, StepContext, StepDone, VisibleStep } from "../../platform.ts";
import { parseJson, type HttpAnswer } from "../http.ts";

/**
 * Meta reports the used percentage of its limits, and asks for a slower pace from 80 and a stop at 95. Anything not
 * reported counts as zero. Source: Graph API docs, rate limiting, 2026-09-11.
 */
const SLOW_AT = { percent: 80, restSeconds: 30 };
const STOP_AT = { percent: 95, restSeconds: 300 };

/**
 * The same steps, with a delay before each one that can wait while the last response reported high usage. The
 * publishing request never waits. A delay is a wait like any other: it costs no attempt.
 */
export function paced(steps: readonly Step[]): Step[] {
  return steps.map((step) => (step.effect === "visible" ? noting(step) : resting(step)));
}

/**
 * When requests are allowed again, from the usage header in minutes, or Retry-After in seconds; null if there is
 * neither.
 */
export function regainSeconds(answer: HttpAnswer): number | null {
  const longest = Math.max(0, ...accountUses(answer).map((use) => use.estimated_time_to_regain_access ?? 0)) * 60;
  if (longest > 0) return longest;
  const retryAfter = Number(answer.headers["retry-after"]);
  return Number.isFinite(retryAfter) && retryAfter > 0 ? Math.ceil(retryAfter) : null;
}

/** The checkpoint's name for the last reported percentage. */
const USAGE = "usage";

function resting(step: QuietStep): QuietStep {
  return {
    ...step,
    async run(context) {
      const restSeconds = restAfter(context.checkpoint[USAGE]);
      if (restSeconds > 0 && context.polls === 0) return { waitSeconds: restSeconds };
      const own =
        restSeconds === 0
          ? context
          : { ...context, polls: context.polls - 1, waitedSeconds: Math.max(0, context.waitedSeconds - restSeconds) };
      let percent = 0;
      const send: StepContext["http"]["send"] = async (request) => {
        const answer = await context.http.send(request);
        percent = percentOf(answer);
        return answer;
      };
      const outcome = await step.run({ ...own, http: { send } });
      return "waitSeconds" in outcome
        ? { waitSeconds: Math.max(outcome.waitSeconds, restAfter(percent)) }
        : noted(outcome, percent, context);
    },
  };
}

function noting(step: VisibleStep): VisibleStep {
  return { ...step, accept: (answer, context) => noted(step.accept(answer, context), percentOf(answer), context) };
}

/** Stored only if it makes a difference. */
function noted(outcome: StepDone, percent: number, { checkpoint }: StepContext): StepDone {
  const isOfInterest = percent >= SLOW_AT.percent || checkpoint[USAGE] !== undefined;
  return isOfInterest ? { ...outcome, done: { ...outcome.done, [USAGE]: percent } } : outcome;
}

function restAfter(percent: unknown): number {
  if (typeof percent !== "number" || percent < SLOW_AT.percent) return 0;
  return (percent < STOP_AT.percent ? SLOW_AT : STOP_AT).restSeconds;
}

const use = z
  .object({
    call_count: z.number(),
    total_time: z.number(),
    total_cputime: z.number(),
    estimated_time_to_regain_access: z.number(),
  })
  .partial();
type Use = z.infer<typeof use>;
const usesByAccount = z.record(z.string(), z.array(use));

function percentOf(answer: HttpAnswer): number {
  return Math.max(
    0,
    ...[...appUse(answer), ...accountUses(answer)].flatMap(
      ({ call_count: calls = 0, total_time: time = 0, total_cputime: cpu = 0 }) => [calls, time, cpu],
    ),
  );
}

function appUse({ headers }: HttpAnswer): Use[] {
  const header = headers["x-app-usage"];
  if (header === undefined) return [];
  const { data } = use.safeParse(parseJson(header));
  return data === undefined ? [] : [data];
}

function accountUses({ headers }: HttpAnswer): Use[] {
  const header = headers["x-business-use-case-usage"];
  return header === undefined ? [] : Object.values(usesByAccount.safeParse(parseJson(header)).data ?? {}).flat();
}
