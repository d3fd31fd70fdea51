import { spawn } from "node:child_process";
import { join } from "node:path";

import { type Outcome, runBeside, sumOf } from "./run-files.ts";

const ROOT = join(import.meta.dirname, "..");
const bin = (name: string) => join(ROOT, "node_modules/.bin", name);

/** The longest first, so that the others run beside it. */
const CHECKS: readonly { name: string; command: string; args: string[] }[] = [
  { name: "types", command: bin("tsc"), args: ["--noEmit"] },
  { name: "types of the dashboard", command: bin("tsc"), args: ["--noEmit", "--project", "dashboard"] },
  { name: "lint", command: bin("eslint"), args: ["."] },
  { name: "promises", command: bin("oxlint"), args: [] },
  { name: "format", command: bin("oxfmt"), args: ["--check"] },
  { name: "import rules", command: bin("depcruise"), args: ["--config", ".dependency-cruiser.js", "."] },
  { name: "generated files", command: process.execPath, args: ["printing/generate.ts", "--check"] },
];

/** All static checks: what `npm run check` runs. */
export const checks = CHECKS.map((check) => () => runCheck(check));

/** The output of a check is only shown if it fails. */
function runCheck({ name, command, args }: (typeof CHECKS)[number]): Promise<Outcome> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.once("error", reject).once("close", (code) => {
      const seconds = (performance.now() - began) / 1000;
      const head = `${code === 0 ? "ok    " : "FAILED"}  ${name} (${seconds.toFixed(1)} s)`;
      if (code === 0) resolve({ name, seconds, passed: 1, failures: [], text: head });
      else resolve({ name, seconds, passed: 0, failures: [name], text: `${head}\n${output}` });
    });
  });
}

if (import.meta.main) {
  const { passed, failed } = sumOf(await runBeside(checks, console.log));
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}
