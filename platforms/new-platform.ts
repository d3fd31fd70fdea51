import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * `npm run new:platform NAME` writes a platform's folder: every file in its place, publishing nothing yet, with its
 * conformance tests red until it does. Refuses to touch a folder that is there.
 */
export async function newPlatform(
  name: string,
  folder = fileURLToPath(new URL(".", import.meta.url)),
): Promise<string[]> {
  if (!/^[a-z][a-z0-9]{1,29}$/.test(name))
    throw new Error(`"${name}" is no name for a platform: use 2 to 30 small letters and digits, a letter first.`);
  const target = join(folder, name);
  await mkdir(target);
  const files = Object.entries(filesOf(name));
  for (const [file, text] of files) await writeFile(join(target, file), text, { flag: "wx" });
  return files.map(([file]) => join(target, file));
}

function filesOf(name: string): Record<string, string> {
  const label = name.charAt(0).toUpperCase() + name.slice(1);
  return {
    "definition.ts": `import type { Definition } from "../definition.ts";
import { capabilities } from "./capabilities.ts";
import { rules } from "./rules.ts";
import { settings } from "./settings.ts";

export const ${name}: Definition = { capabilities, settings, rules };
`,
    "index.ts": `import type { Platform } from "../platform.ts";
import { broker } from "./broker.ts";
import { ${name} as definition } from "./definition.ts";
import { oauth } from "./oauth.ts";

export const ${name}: Platform = { definition, broker, oauth };
`,
    "capabilities.ts": `import type { Capabilities } from "../../model/capabilities.ts";

// Each number with the page and date it comes from.
export const capabilities: Capabilities = {
  platform: "${name}",
  label: "${label}",
  launch: { state: "beta", sentence: "Texts, published at once." },
  scheduling: false,
  text: { max: 500, counting: "graphemes", required: "always", source: "${label} docs" },
  placements: [{ name: "post", byDefault: true, shapes: [{ name: "a text", items: { min: 0, max: 0 }, link: "dropped" }] }],
  settingTexts: [],
  publishScopes: [],
  quotas: [],
};
`,
    "settings.ts": `import { z } from "zod";

/** \`platformOverrides.${name}.settings\`. Every field is described. */
export const settings = z.strictObject({});

export type ${label}Settings = z.infer<typeof settings>;
`,
    "rules.ts": `import type { Rule } from "../definition.ts";
import type { ${label}Settings } from "./settings.ts";

/** What shapes and limits can't say. */
export const rules: readonly Rule<${label}Settings>[] = [];
`,
    "oauth.ts": `import { callPlatform } from "./errors.ts";
import type { OAuth } from "../platform.ts";
import { grant, profile } from "./wire.ts";

const HOST = "https://api.${name}.example";

export const oauth: OAuth = {
  environmentPrefix: "${name.toUpperCase()}",
  authorizeUrl: \`\${HOST}/oauth/authorize\`,
  scopes: [],
  scopeSeparator: " ",
  pkce: true,
  async exchange(http, app, { code, codeVerifier }) {
    const token = await callPlatform(http, grant, {
      method: "POST",
      url: \`\${HOST}/oauth/token\`,
      form: {
        grant_type: "authorization_code",
        client_id: app.clientId,
        client_secret: app.clientSecret,
        redirect_uri: app.redirectUri,
        code,
        ...(codeVerifier === null ? {} : { code_verifier: codeVerifier }),
      },
    });
    return {
      accessToken: token.access_token,
      refreshToken: token.refresh_token ?? null,
      expiresInSeconds: token.expires_in ?? null,
      refreshExpiresInSeconds: null,
      scopes: token.scope?.split(" ") ?? null,
    };
  },
  async profile(http, accessToken) {
    const me = await callPlatform(http, profile, { method: "GET", url: \`\${HOST}/me\`, headers: { authorization: \`Bearer \${accessToken}\` } });
    return { platformAccountId: me.id, username: me.username, displayName: null, avatarUrl: null, metadata: {} };
  },
};
`,
    "errors.ts": `import type { z } from "zod";

import type { BrokerCode } from "../../model/errors.ts";
import type { HttpAnswer, HttpClient, HttpRequest } from "../kit/http.ts";
import { BrokerError } from "../platform.ts";

/** What ${label}'s refusals mean, and whether they prove that nothing was published. */
export const errors: Readonly<Record<string, { becomes: BrokerCode; notPublished: boolean; says: string }>> = {};

export async function callPlatform<T>(http: HttpClient, schema: z.ZodType<T>, request: HttpRequest): Promise<T> {
  return readAnswer(schema, await http.send(request));
}

export function readAnswer<T>(schema: z.ZodType<T>, answer: HttpAnswer): T {
  const parsed = schema.safeParse(answer.json());
  if (answer.status < 300 && parsed.success) return parsed.data;
  const row = errors[String(answer.status)];
  const platformError = { status: answer.status, code: null, message: null, requestId: null };
  if (row === undefined) throw new BrokerError("UNEXPECTED_RESPONSE", "${label} gave an answer that is not known.", { platformError });
  throw new BrokerError(row.becomes, row.says, { notPublished: row.notPublished, platformError });
}
`,
    "wire.ts": `import { z } from "zod";

/** ${label}'s answers, only the members that are read. */
export const grant = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().nullish(),
  expires_in: z.number().nullish(),
  scope: z.string().nullish(),
});

export const profile = z.object({ id: z.string(), username: z.string() });
`,
    "broker.ts": `import type { Broker } from "../platform.ts";

/** The steps from a post to its published URL, each with its effect; what cannot be read back can never be told. */
export const broker: Broker = {
  steps: () => [],
  reconcile: async () => ({ verdict: "cannot_tell", reason: "${label} offers no way to read back." }),
  indexingLagSeconds: 0,
};
`,
    [`${name}.test.ts`]: `import { testPlatform } from "../conformance/index.ts";

testPlatform({
  name: "${name}",
  readsBack: false,
  refusals: [],
});
`,
    "README.md": `# ${label}

What it means for you, how a post goes out, what happens when the answer is lost, and every fact with source and date.
`,
  };
}

if (import.meta.main) {
  const name = process.argv[2] ?? "";
  try {
    const files = await newPlatform(name);
    process.stdout.write(`${files.join("\n")}

Now name it in three places, then write its sandbox from the platform's documentation:
  model/platform-names.ts  PLATFORM_NAMES: "${name}"
  platforms/catalog.ts     catalog: ${name}
  platforms/index.ts       platforms: ${name}: withBoundOAuth(${name})
  platforms/${name}/sandbox/ and its line in sandbox/index.ts, which share nothing with the broker
`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
