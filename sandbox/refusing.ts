import type { Call, Outcome, PlatformAnswer } from "./platform.ts";

/**
 * Turns errors that a route throws, before, during or after waiting, into the platform's response. Errors for which
 * `answerTo` returns nothing are rethrown.
 */
export function refusingWith(
  answerTo: (thrown: unknown, call: Call) => PlatformAnswer | undefined,
): (run: (call: Call) => Outcome) => (call: Call) => Outcome {
  const attempt = <T>(call: Call, work: () => T): T | PlatformAnswer => {
    try {
      return work();
    } catch (thrown) {
      const answer = answerTo(thrown, call);
      if (answer) return answer;
      throw thrown;
    }
  };
  return (run) => (call) => {
    const outcome = attempt(call, () => run(call));
    if (!(outcome instanceof Promise)) return outcome;
    return outcome.then(
      (finish) => () => attempt(call, finish),
      (thrown: unknown) => () =>
        attempt(call, () => {
          throw thrown;
        }),
    );
  };
}
