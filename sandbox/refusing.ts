import type { Call, Outcome, PlatformAnswer } from "./platform.ts";

/**
 * Turns what a route throws, before, while or after it waits, into the platform's answer. What `answerTo` gives no
 * answer to is thrown on.
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
