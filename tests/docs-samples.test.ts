import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { Webhook } from "standardwebhooks";

import { openInstallation, type Installation } from "../cli/installation.fixture.ts";
import { OPERATIONS } from "../contract/index.ts";
import { tagOf } from "../contract/openapi.ts";
import { errorsOf, type Operation } from "../contract/operation.ts";
import { operationSection } from "../docs/operation-pages.ts";
import { PLATFORM_EXAMPLES } from "../docs/platform-examples.ts";
import { PUBLIC_CODES } from "../model/errors.ts";

const root = join(import.meta.dirname, "..");

/** A block of code as a page shows it: its language, and what else stands on its fence. */
interface Sample {
  language: string;
  isRefused: boolean;
  code: string;
}

test("every sample of the documentation does what it says", { timeout: 300_000 }, async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("start");
  const folder = await readdir(join(root, "docs/guides"));
  const files = ["README.md", ...folder.filter((name) => name.endsWith(".md")).map((name) => `docs/guides/${name}`)];
  const { apiKey, platformSetId } = await installation.json("bootstrap", "--json");
  // The command line keeps its key in the folder of the installation, and speaks to it.
  const variables = `KEY='${String(apiKey)}' SET='${String(platformSetId)}' AMPOST_API_URL='${installation.url}' XDG_CONFIG_HOME='${installation.dataDir}'`;
  for (const file of files) {
    await t.test(file, async () => {
      const samples = readSamples(await readFile(join(root, file), "utf8"));
      if (samples.length > 0) await runSamples(installation, samples, variables);
    });
  }
  await t.test("examples of the platforms' pages", async () => {
    for (const example of Object.values(PLATFORM_EXAMPLES).flat()) {
      const response = await fetch(`${installation.url}/api/v1/posts/validate`, {
        method: "POST",
        headers: { authorization: `Bearer ${String(apiKey)}`, "content-type": "application/json" },
        body: JSON.stringify({ ...example.body, platformSetId }),
      });
      assert.deepEqual(Object(await response.json()).issues, [], example.title);
    }
  });
  await t.test("checks of webhooks", async () => {
    const secret = `whsec_${randomBytes(32).toString("base64")}`;
    const [at, body] = [new Date(), JSON.stringify({ type: "post.published" })];
    const headers = { "webhook-id": "01980b7a-6c00-7000-8000-000000000001", "webhook-timestamp": String(Math.floor(at.getTime() / 1000)) };
    const signed = { secret, body, headers: { ...headers, "webhook-signature": `v1,AAAA ${new Webhook(secret).sign(headers["webhook-id"], at, body)}` } };
    const samples = readSamples(await readFile(join(root, "docs/guides/webhooks.md"), "utf8"));
    for (const [language, uses] of Object.entries(WEBHOOK_CHECKS)) {
      const code = samples.find((sample) => sample.language === language)?.code ?? "";
      const { stdout, stderr } = await installation.shell(`export SIGNED='${JSON.stringify(signed)}'\n${RUNNERS[language]?.(`${code}\n${uses}`) ?? ""}`);
      assert.deepEqual(stdout.trim().toLowerCase().split(/\s+/), ["true", "false"], `${language}: ${stdout}${stderr}`);
    }
  });
  await t.test("calls of the reference", async () => {
    for (const tag of [...new Set(OPERATIONS.map(tagOf))]) {
      const operations = OPERATIONS.filter((operation) => tagOf(operation) === tag && operation.auth !== "session");
      if (operations.length > 0) await runCalls(installation, operations, `${variables} PLATFORM=threads`);
    }
  });
  await server.end("SIGTERM");
});

/** Runs what the reference shows for each call of a noun. `$ID` is what the last call of them has made. */
async function runCalls(installation: Installation, operations: readonly Operation[], variables: string): Promise<void> {
  const calls = operations.map((operation, index) => {
    const [sample] = readSamples(operationSection(operation, installation.url).join("\n"));
    assert.ok(sample, operation.name);
    const keepId = operation.status === 201 || operation.name.endsWith("_create") ? `ID=$(echo "$ANSWER" | grep -o '"id":"[^"]*' | head -n 1 | cut -d '"' -f 4)` : "";
    return [`BLOCK=${index}`, `ANSWER=$(${sample.code.trim().replaceAll("01980b7a-6c00-7000-8000-000000000001", `'"$SET"'`)})`, keepId].join("\n");
  });
  const { code, stderr } = await installation.shell([SHELL, `${variables} ID=01980b7a-6c00-7000-8000-000000000001`, ...calls].join("\n"));
  assert.equal(code, 0, stderr.slice(-3000));
  const statuses = [...stderr.matchAll(/^STATUS \d+ (\d+)$/gm)].map(([, status]) => Number(status));
  assert.equal(statuses.length, operations.length);
  for (const [index, operation] of operations.entries()) {
    // What needs an object in another state, or has none, is refused as its page says; what makes or lists is done.
    const foreseen: number[] = /:/.test(operation.path) ? [operation.status, ...errorsOf(operation).map((each) => PUBLIC_CODES[each].status)] : [operation.status];
    assert.ok(foreseen.includes(statuses[index] ?? 0), `${operation.name}: ${statuses[index]}`);
  }
}

/** Installing and starting has happened when samples are run: the blocks that say how are left out. */
function readSamples(markdown: string): Sample[] {
  const samples = [...markdown.matchAll(/^```(sh|ts|py)( refused)?\n([^]*?)^```$/gm)].map(([, language = "", refused, code = ""]) => ({ language, isRefused: refused !== undefined, code }));
  return samples.filter(({ code }) => !/\bnpm (ci|i|install|start|test)\b/.test(code));
}

/** Runs the blocks of one page in one shell, one after the other, as a reader would. Each call's status is looked at. */
async function runSamples(installation: Installation, samples: readonly Sample[], variables: string): Promise<void> {
  const blocks = samples.map(({ language, isRefused, code }, index) => [`export BLOCK='${index}${isRefused ? " refused" : ""}'`, RUNNERS[language]?.(code) ?? ""].join("\n"));
  const script = [SHELL, variables, ...blocks].join("\n").replaceAll("http://localhost:3000", installation.url);
  const { code, stdout, stderr } = await installation.shell(script.replaceAll("npm run --silent ampost --", `"${process.execPath}" cli/ampost.js`));
  assert.equal(code, 0, `${stdout.slice(-2000)}\n${stderr.slice(-3000)}`);
  const calls = [...stderr.matchAll(/^STATUS (\d+)( refused)? (\d+)$/gm)];
  assert.ok(calls.length >= samples.filter((sample) => sample.code.includes("curl ")).length, "every call is looked at");
  for (const [, block = "", refused, status] of calls) {
    assert.equal(Number(status) >= 400, refused !== undefined, `status ${status} of\n${samples[Number(block)]?.code ?? ""}\n${stdout.slice(-2000)}`);
  }
}

/** What samples do in other languages is run where they stand, with the same variables. A definition alone is only read. */
const RUNNERS: Readonly<Record<string, (code: string) => string>> = {
  sh: (code) => code,
  ts: (code) => `"${process.execPath}" --disable-warning=ExperimentalWarning --input-type=module-typescript <<'SAMPLE'\n${code}\nSAMPLE`,
  py: (code) => `python3 - <<'SAMPLE'\n${code}\nSAMPLE`,
};

/** Whether a check takes what is signed, and the same with another letter. */
const WEBHOOK_CHECKS: Readonly<Record<string, string>> = {
  ts: "const { secret, headers, body } = JSON.parse(process.env.SIGNED ?? ''); console.log(isFromAmpost(secret, headers, body), isFromAmpost(secret, headers, `${body} `));",
  py: "import json, os\nsigned = json.loads(os.environ['SIGNED'])\nprint(*[is_from_ampost(signed['secret'], signed['headers'], body.encode()) for body in (signed['body'], signed['body'] + ' ')])",
};

/** Every call also says its status on standard error. */
const SHELL = String.raw`set -a -o pipefail
curl() { command curl -w '%{stderr}\nSTATUS '"$BLOCK"' %{http_code}\n' "$@"; }`;
