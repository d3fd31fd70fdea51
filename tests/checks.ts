import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import type { Sum } from "./run-files.ts";

const ROOT = join(import.meta.dirname, "..");
const bin = (name: string) => join(ROOT, "node_modules/.bin", name);

/** The longest first: the others run beside it. */
const CHECKS: readonly { name: string; command: string; args: string[] }[] = [
  { name: "lint", command: bin("eslint"), args: ["."] },
  { name: "types", command: bin("tsc"), args: ["--noEmit"] },
  { name: "format", command: bin("oxfmt"), args: ["--check"] },
  { name: "import rules", command: bin("depcruise"), args: ["--config", ".dependency-cruiser.js", "."] },
  { name: "generated files", command: process.execPath, args: ["printing/generate.ts", "--check"] },
];

/** All that can be said of the code without running it. `npm run check` is this alone. */
export async function runChecks(): Promise<Sum> {
  const sum: Sum = { passed: 0, failed: 0 };
  const waiting = [...CHECKS];
  const runNext = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift())
      if (await passes(check)) sum.passed += 1;
      else sum.failed += 1;
  };
  await Promise.all(Array.from({ length: availableParallelism() }, runNext));
  return sum;
}

/** What a check says is shown only where it fails. */
function passes({ name, command, args }: (typeof CHECKS)[number]): Promise<boolean> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.once("error", reject).once("close", (code) => {
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.log(`${code === 0 ? "ok    " : "FAILED"}  ${name} (${seconds} s)`);
      if (code !== 0) console.log(output);
      resolve(code === 0);
    });
  });
}

if (import.meta.main) {
  const { passed, failed } = await runChecks();
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}
