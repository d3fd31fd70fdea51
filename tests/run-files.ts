import { relative } from "node:path";
import { run } from "node:test";
import { inspect } from "node:util";

/** A test that takes longer hangs. */
const LONGEST_TEST_SECONDS = 240;

/** Runs test files, each in a process of its own, tells of each as it ends, and counts the tests in them. */
export async function runFiles(files: readonly string[], options: { atOnce: number; say(text: string): void }): Promise<{ passed: number; failed: number }> {
  const sum = { passed: 0, failed: 0 };
  const reports = new Map<string, Report>();
  const reportOf = (file: string | undefined) => {
    const name = file === undefined ? "tests" : relative(process.cwd(), file);
    const report = reports.get(name) ?? { passed: 0, failures: [], output: "" };
    reports.set(name, report);
    return report;
  };
  const events = run({ files: [...files], concurrency: options.atOnce, timeout: LONGEST_TEST_SECONDS * 1000 });
  events.on("test:pass", ({ file, details }) => {
    if (details.type !== "suite") reportOf(file).passed += 1;
  });
  events.on("test:fail", ({ file, line, name, details }) => {
    // A test fails with its parts; the parts have said it.
    if (details.type !== "suite" && !isBecauseOfParts(details.error)) reportOf(file).failures.push({ name, line, error: details.error });
  });
  for (const kind of ["test:stdout", "test:stderr"] as const) events.on(kind, ({ file, message }) => (reportOf(file).output += message));
  events.on("test:summary", ({ file, duration_ms: milliseconds }) => {
    if (file === undefined) return;
    const name = relative(process.cwd(), file);
    const report = reportOf(file);
    sum.passed += report.passed;
    sum.failed += report.failures.length;
    options.say(describe(name, report, milliseconds / 1000));
    reports.delete(name);
  });
  await new Promise((resolve, reject) => events.once("error", reject).once("close", resolve).resume());
  // A file that ended without a summary has crashed.
  for (const [name, report] of reports) {
    sum.passed += report.passed;
    sum.failed += Math.max(report.failures.length, 1);
    options.say(describe(name, report, null));
  }
  return sum;
}

interface Report {
  passed: number;
  failures: { name: string; line: number | undefined; error: unknown }[];
  output: string;
}

function describe(file: string, { passed, failures, output }: Report, seconds: number | null): string {
  const fine = failures.length === 0 && seconds !== null;
  const time = seconds === null ? "it ended by itself" : `${seconds.toFixed(1)} s`;
  const head = `${fine ? "ok    " : "FAILED"}  ${file} (${passed + failures.length} tests, ${time})`;
  if (fine) return head;
  const details = failures.map(({ name, line, error }) => `\n  ✖ ${name}  (${file}:${line ?? "?"})\n${indent(inspect(causeOf(error), { depth: 6 }))}\n`);
  return [head, ...details, ...(output.trim() === "" ? [] : [`  What it wrote:\n${indent(output.trimEnd())}\n`])].join("\n");
}

function isBecauseOfParts(error: unknown): boolean {
  return error instanceof Error && "failureType" in error && error.failureType === "subtestsFailed";
}

/** Node wraps what was thrown. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}

function indent(text: string): string {
  return text.replace(/^/gm, "    ");
}
