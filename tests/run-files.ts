import { run } from "node:test";
import { inspect } from "node:util";

/** A test that takes longer hangs. */
const LONGEST_TEST_SECONDS = 300;

export interface Sum {
  passed: number;
  failed: number;
}

/** Runs test files, each in a process of its own, tells of each as it ends, and counts the tests in them. */
export async function runFiles(
  files: readonly string[],
  options: { atOnce: number; say(text: string): void },
): Promise<Sum> {
  const sum: Sum = { passed: 0, failed: 0 };
  const waiting = [...files];
  const runNext = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const report = await runFile(file);
      sum.passed += report.passed;
      sum.failed += report.failures.length;
      options.say(describe(file, report));
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, runNext));
  return sum;
}

interface Report {
  passed: number;
  failures: { name: string; place: string; error: unknown }[];
  output: string;
  seconds: number;
}

async function runFile(file: string): Promise<Report> {
  const report: Report = { passed: 0, failures: [], output: "", seconds: 0 };
  const began = performance.now();
  const events = run({ files: [file], timeout: LONGEST_TEST_SECONDS * 1000 });
  events.on("test:pass", ({ details }) => {
    if (details.type !== "suite") report.passed += 1;
  });
  events.on("test:fail", ({ file: defined, line, name, details }) => {
    // A test fails with its parts, and a suite with its tests; those have said it.
    if (!isBecauseOfParts(details.error))
      report.failures.push({ name, place: `${defined ?? file}:${line ?? 1}`, error: details.error });
  });
  for (const kind of ["test:stdout", "test:stderr"] as const)
    events.on(kind, ({ message }) => (report.output += message));
  await new Promise((resolve, reject) => events.once("error", reject).once("close", resolve).resume());
  report.seconds = (performance.now() - began) / 1000;
  return report;
}

function describe(file: string, { passed, failures, output, seconds }: Report): string {
  const head = `${failures.length === 0 ? "ok    " : "FAILED"}  ${file} (${passed + failures.length} tests, ${seconds.toFixed(1)} s)`;
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

/** Node wraps what was thrown. Of a process that ended it says how. */
function causeOf(error: unknown): unknown {
  if (error instanceof Error && "exitCode" in error && "signal" in error)
    return `Its process ended with ${String(error.signal ?? error.exitCode)}.`;
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}

function indent(text: string): string {
  return text.replace(/^/gm, "    ");
}
