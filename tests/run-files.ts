import { availableParallelism, cpus } from "node:os";
import { run } from "node:test";
import { inspect } from "node:util";

/** A test that takes longer hangs. */
const LONGEST_TEST_SECONDS = 600;

/** The result of a check or a test file. */
export interface Outcome {
  name: string;
  seconds: number;
  passed: number;
  /** What failed, a line each. */
  failures: string[];
  /** The text to print. */
  text: string;
}

/**
 * Runs jobs side by side in order and reports each as it ends. It runs one per processor, and another while processors
 * are idle, since many tests mostly wait.
 */
export async function runBeside(
  jobs: readonly (() => Promise<Outcome>)[],
  say: (text: string) => void,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const waiting = jobs.values();
  const runNext = async (): Promise<boolean> => {
    const { value: job } = waiting.next();
    if (job === undefined) return false;
    const outcome = await job();
    outcomes.push(outcome);
    say(outcome.text);
    return true;
  };
  const processors = availableParallelism();
  const extra = new Set<Promise<unknown>>();
  let idle = idleSeconds();
  const looking = setInterval(() => {
    const idled = idleSeconds() - idle;
    idle += idled;
    if (idled < ROOM_SECONDS || extra.size >= MOST_EXTRA * processors) return;
    const one = runNext().finally(() => extra.delete(one));
    extra.add(one);
  }, LOOK_SECONDS * 1000);
  const keepRunning = async () => {
    while (await runNext());
  };
  await Promise.all(Array.from({ length: processors }, keepRunning));
  clearInterval(looking);
  await Promise.all(extra);
  return outcomes;
}

const LOOK_SECONDS = 1;
/** Half a processor. */
const ROOM_SECONDS = LOOK_SECONDS / 2;
/** Per processor. Waiting jobs use memory, too. */
const MOST_EXTRA = 4;

/** The total time that the machine's processors have been idle. */
function idleSeconds(): number {
  return cpus().reduce((sum, { times }) => sum + times.idle / 1000, 0);
}

export function sumOf(outcomes: readonly Outcome[]): { passed: number; failed: number } {
  return {
    passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
    failed: outcomes.reduce((sum, { failures }) => sum + failures.length, 0),
  };
}

interface Report {
  passed: number;
  /** Tests that cannot run on this machine, with the reason. */
  skipped: string[];
  failures: { name: string; place: string; error: unknown }[];
  output: string;
  seconds: number;
}

/** Runs a test file in its own process and counts its tests. */
export async function runFile(file: string): Promise<Outcome> {
  const report: Report = { passed: 0, skipped: [], failures: [], output: "", seconds: 0 };
  const began = performance.now();
  // Loading the code creates garbage once. With more room, it is collected less often.
  const execArgv = ["--min-semi-space-size=16"];
  const events = run({ files: [file], timeout: LONGEST_TEST_SECONDS * 1000, execArgv });
  events.on("test:pass", ({ details, name, skip }) => {
    if (skip !== undefined) report.skipped.push(`${name}: ${String(skip)}`);
    else if (details.type !== "suite") report.passed += 1;
  });
  events.on("test:fail", ({ file: defined, line, name, details }) => {
    // A test fails with its subtests, and a suite with its tests; those have been reported.
    if (!isBecauseOfParts(details.error))
      report.failures.push({ name, place: `${defined ?? file}:${line ?? 1}`, error: details.error });
  });
  for (const kind of ["test:stdout", "test:stderr"] as const)
    events.on(kind, ({ message }) => (report.output += message));
  // An error outside of any test ends the process and is reported only here.
  events.on("test:diagnostic", ({ message }) => {
    if (message.startsWith("Error:")) report.output += `${message}\n`;
  });
  await new Promise((resolve, reject) => events.once("error", reject).once("close", resolve).resume());
  report.seconds = (performance.now() - began) / 1000;
  const { seconds, passed, failures } = report;
  return {
    name: file,
    seconds,
    passed,
    failures: failures.map(({ name, place, error }) => `${name} (${place}): ${briefly(causeOf(error))}`),
    text: describe(file, report),
  };
}

function describe(file: string, { passed, skipped, failures, output, seconds }: Report): string {
  const head = [
    `${failures.length === 0 ? "ok    " : "FAILED"}  ${file} (${passed + failures.length} tests, ` +
      `${seconds.toFixed(1)} s)`,
    ...skipped.map((each) => `  skipped: ${each}`),
  ].join("\n");
  if (failures.length === 0) return head;
  const details = failures.map(
    ({ name, place, error }) => `\n  ✖ ${name}  (${place})\n${indent(inspect(causeOf(error), { depth: 6 }))}\n`,
  );
  return [head, ...details, ...(output.trim() === "" ? [] : [`  What it wrote:\n${indent(output.trimEnd())}\n`])].join(
    "\n",
  );
}

function isBecauseOfParts(error: unknown): boolean {
  return error instanceof Error && "failureType" in error && error.failureType === "subtestsFailed";
}

/** Node wraps what was thrown. For a process that exited, it says how. */
function causeOf(error: unknown): unknown {
  if (error instanceof Error && "exitCode" in error && "signal" in error)
    return `Its process ended with ${String(error.signal ?? error.exitCode)}.`;
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}

function briefly(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 300).replace(/\s+/g, " ");
}

function indent(text: string): string {
  return text.replace(/^/gm, "    ");
}
