/** The files that `npm run new:platform` creates: the fixed names of platforms/README.md, in reading order. */
export function skeletonOf(name: string): Record<string, string> {
  const label = name.charAt(0).toUpperCase() + name.slice(1);
  return {
    "README.md": `# ${label}

What this means for users, how a post is published, what happens if a response is lost, and every fact with its source and date.
`,
    "index.ts": `import type { Platform } from "../platform.ts";
import { broker } from "./broker.ts";
import { check } from "./check.ts";
import { ${name} as definition } from "./definition.ts";
import { oauth } from "./oauth.ts";

export const ${name}: Platform = { definition, broker, oauth, check };
`,
    "definition.ts": `import type { Definition } from "../definition.ts";
import { capabilities } from "./capabilities.ts";
import { examples } from "./examples.ts";
import { preview } from "./preview.ts";
import { rules } from "./rules.ts";
import { scopes } from "./scopes.ts";
import { settings } from "./settings.ts";

export const ${name}: Definition = { capabilities, settings, rules, examples, scopes, preview };
`,
    "capabilities.ts": `import type { Capabilities } from "../../model/capabilities.ts";

// Each number with its source page and date.
export const capabilities = {
  platform: "${name}",
  label: "${label}",
  launch: { state: "beta", sentence: "Texts, published at once." },
  scheduling: false,
  text: { max: 500, counting: "graphemes", required: "always", source: "${label} docs" },
  placements: [
    { name: "post", byDefault: true, shapes: [{ name: "text", items: { min: 0, max: 0 }, link: "dropped" }] },
  ],
  settingTexts: [],
  quotas: [],
} as const satisfies Capabilities;
`,
    "settings.ts": `import { z } from "zod";

/** \`platformOverrides.${name}.settings\`. Every field is described. */
export const settings = z.strictObject({});

export type ${label}Settings = z.infer<typeof settings>;
`,
    "rules.ts": `import type { Rule } from "../definition.ts";
import type { ${label}Settings } from "./settings.ts";

/** Rules that shapes and limits cannot express. */
export const rules: readonly Rule<${label}Settings>[] = [];
`,
    "card.ts": `import type { PlatformCard } from "../kit/card/card.ts";
import { PLAIN_CARD } from "../kit/card/plain.ts";

/** How its posts look: for now, as notes. */
export const card: PlatformCard = PLAIN_CARD;
`,
    "preview.ts": `import { shownPost, type Preview } from "../kit/card/preview.ts";
import { capabilities } from "./capabilities.ts";
import { card } from "./card.ts";

/** What the card shows of a post that is not published yet. */
export const preview: Preview = { capabilities, card, postsOf: (content, author) => [shownPost(author, content)] };
`,
    "scopes.ts": `import type { SignInScopes } from "../definition.ts";

// Each permission with why it is asked for, and where it is used.
export const scopes = {
  ${name.toUpperCase()}: [
    { name: "publish", why: "Publishes the posts that the person writes in Ampost.", usedBy: { steps: ["publish"] } },
  ],
} satisfies SignInScopes;
`,
    "examples.ts": `import type { Example } from "../kit/examples.ts";

export const examples: readonly Example[] = [{ title: "A text", content: { text: "Hello." } }];
`,
    "oauth.ts": `import type { OAuth } from "../platform.ts";
import { API, bearer, call${label} } from "./api.ts";
import { scopes } from "./scopes.ts";
import { profile, tokens } from "./wire.ts";

/** Source: ${label} docs, with the date. */
export const oauth: OAuth = {
  environmentPrefix: "${name.toUpperCase()}",
  portalUrl: "https://${name}.example/developers",
  authorizeUrl: "https://${name}.example/oauth/authorize",
  scopes: scopes.${name.toUpperCase()},
  scopeSeparator: " ",
  pkce: "base64url",
  async exchange(http, app, { code, codeVerifier }) {
    const token = await call${label}(http, tokens, {
      method: "POST",
      url: \`\${API}/oauth/token\`,
      form: {
        grant_type: "authorization_code",
        client_id: app.clientId,
        client_secret: app.clientSecret,
        redirect_uri: app.redirectUri,
        code,
        code_verifier: codeVerifier ?? "",
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
    const me = await call${label}(http, profile, { method: "GET", url: \`\${API}/me\`, headers: bearer({ accessToken }) });
    return { platformAccountId: me.id, username: me.username, displayName: null, avatarUrl: null, metadata: {} };
  },
};
`,
    "check.ts": `import { tryMadeUpCode } from "../kit/made-up-code.ts";
import type { LiveCheck } from "../platform.ts";
import { oauth } from "./oauth.ts";

export const check: LiveCheck = {
  async app(http, app) {
    await tryMadeUpCode(oauth, http, app);
    return [];
  },
};
`,
    "errors.ts": `import type { PlatformErrorDetail } from "../../model/errors.ts";
import { toBrokerError, type ErrorRow } from "../kit/errors.ts";
import type { HttpAnswer } from "../kit/http.ts";
import type { BrokerError } from "../platform.ts";

/** A row of ${label}'s table of errors. */
export interface ${label}ErrorRow extends ErrorRow {
  statuses: readonly number[];
}

/** What ${label}'s errors mean. Source: ${label} docs, with the date. */
export const errors: readonly ${label}ErrorRow[] = [
  {
    statuses: [401],
    about: "the access token has expired",
    brokerCode: "AUTH_EXPIRED",
    notPublished: true,
    message: "The ${label} account's access has expired.",
  },
  {
    statuses: [500, 502, 503, 504],
    about: "an error at ${label}",
    brokerCode: "PLATFORM_UNAVAILABLE",
    notPublished: false,
    message: "${label} is having problems right now.",
  },
];

const UNKNOWN: ErrorRow = {
  about: "a refusal that nobody has documented",
  brokerCode: "UNEXPECTED_RESPONSE",
  notPublished: false,
  message: "${label} returned an unexpected response.",
};

export function classify${label}({ status }: HttpAnswer): BrokerError {
  const detail: PlatformErrorDetail = { status, code: null, message: null, requestId: null };
  return toBrokerError("${label}", errors.find(({ statuses }) => statuses.includes(status)) ?? UNKNOWN, detail);
}
`,
    "api.ts": `import type { z } from "zod";

import { unreadable } from "../kit/errors.ts";
import type { HttpAnswer, HttpClient, HttpRequest } from "../kit/http.ts";
import { classify${label} } from "./errors.ts";

export const API = "https://api.${name}.example";

/** Sends a request. Throws a BrokerError if ${label} rejects it, a TransportError if there was no response. */
export async function call${label}<T>(http: HttpClient, schema: z.ZodType<T>, request: HttpRequest): Promise<T> {
  return read${label}(schema, await http.send(request));
}

/** The response, parsed by the schema. Throws a BrokerError for every unsuccessful response. */
export function read${label}<T>(schema: z.ZodType<T>, answer: HttpAnswer): T {
  if (answer.status < 200 || answer.status > 299) throw classify${label}(answer);
  const parsed = schema.safeParse(answer.json());
  if (parsed.success) return parsed.data;
  throw unreadable("${label}", answer, null, parsed.error);
}

export function bearer({ accessToken }: { accessToken: string }): Record<string, string> {
  return { authorization: \`Bearer \${accessToken}\` };
}
`,
    "wire.ts": `import { z } from "zod";

/** ${label}'s responses, only the fields that are used. */
export const tokens = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().nullish(),
  expires_in: z.number().nullish(),
  scope: z.string().nullish(),
});

export const profile = z.object({ id: z.string(), username: z.string() });

export const created = z.object({ id: z.string() });

export const uploaded = z.object({ id: z.string() });

export const state = z.object({ id: z.string(), url: z.string().nullish() });
`,
    "content.ts": `import { settingsReader } from "../kit/settings.ts";
import type { StepContext } from "../platform.ts";
import { settings } from "./settings.ts";

const settingsOf = settingsReader(settings);

/** A step stores its result under its own name. */
export const stepNames = { media: (item: number): string => \`media-\${item + 1}\`, publish: "publish", live: "live" };

/** What the post becomes at ${label}. Source: ${label} docs, with the date. */
export function postBody(context: StepContext): Record<string, unknown> {
  const { content, checkpoint } = context;
  return {
    text: content.text,
    media: content.media.map((_, item) => checkpoint[stepNames.media(item)]),
    ...settingsOf(context),
  };
}
`,
    "upload.ts": `import { fileFor } from "../kit/rendition.ts";
import type { QuietStep } from "../platform.ts";
import { API, bearer, call${label} } from "./api.ts";
import { stepNames } from "./content.ts";
import { uploaded } from "./wire.ts";

/** Bytes that no audience sees before a post names them. */
export function upload(item: number): QuietStep {
  return {
    name: stepNames.media(item),
    effect: "hidden",
    async run(context) {
      const media = context.content.media[item];
      if (media === undefined) return { done: {} };
      const bytes = await fileFor(context, media);
      const request = { method: "POST", url: \`\${API}/media\`, headers: bearer(context), bytes } as const;
      return { done: { [stepNames.media(item)]: (await call${label}(context.http, uploaded, request)).id } };
    },
  };
}
`,
    "status.ts": `import { waitAgain } from "../kit/steps.ts";
import { BrokerError, type QuietStep, type StepContext } from "../platform.ts";
import { API, bearer, call${label} } from "./api.ts";
import { stepNames } from "./content.ts";
import { state } from "./wire.ts";

const PATIENCE = { waits: [2, 5, 10, 30], giveUpSeconds: 600 };

/** Waits for the post's address. */
export function awaitLive(): QuietStep {
  return {
    name: stepNames.live,
    effect: "read",
    async run(context) {
      const { url } = await readState(context);
      if (typeof url === "string") return { done: {}, publishedUrl: url };
      return waitAgain(context, PATIENCE, new BrokerError("OUTCOME_UNKNOWN", "${label} does not show the post."));
    },
  };
}

function readState(context: StepContext) {
  const url = \`\${API}/posts/\${String(context.checkpoint[stepNames.publish])}\`;
  return call${label}(context.http, state, { method: "GET", url, headers: bearer(context) });
}
`,
    "reconcile.ts": `import type { OpenIntent, StepContext, Verdict } from "../platform.ts";

/** Checks the outcome of a publishing request whose response was lost; unknown if nothing can be read. */
export async function reconcile(_context: StepContext, { step }: OpenIntent): Promise<Verdict> {
  return { verdict: "cannot_tell", reason: \`${label} has no way to check the outcome of \${step}.\` };
}
`,
    "broker.ts": `import type { Broker, VisibleStep } from "../platform.ts";
import { API, bearer, read${label} } from "./api.ts";
import { postBody, stepNames } from "./content.ts";
import { reconcile } from "./reconcile.ts";
import { awaitLive } from "./status.ts";
import { upload } from "./upload.ts";
import { created } from "./wire.ts";

/** The steps from a post to its published URL, each with its effect. */
export const broker: Broker = {
  steps: ({ media }) => [...media.map((_, item) => upload(item)), publish(), awaitLive()],
  reconcile,
  indexingLagSeconds: 60,
};

function publish(): VisibleStep {
  return {
    name: stepNames.publish,
    effect: "visible",
    request: (context) => ({ method: "POST", url: \`\${API}/posts\`, headers: bearer(context), json: postBody(context) }),
    accept(answer) {
      const { id } = read${label}(created, answer);
      return { done: { [stepNames.publish]: id }, remoteId: id, platformPostId: id };
    },
  };
}
`,
    [`${name}.test.ts`]: `import { testPlatform } from "../conformance/index.ts";

testPlatform({
  name: "${name}",
  readsBack: false,
  refusals: [],
});
`,
    "errors.test.ts": `import assert from "node:assert/strict";
import { test } from "node:test";

import { answerOf } from "../kit/broker.fixture.ts";
import { classify${label}, errors } from "./errors.ts";

for (const row of errors) {
  for (const status of row.statuses) {
    test(\`\${status} (\${row.about}) is \${row.brokerCode}\`, () => {
      const error = classify${label}(answerOf(status, {}));
      assert.deepEqual([error.code, error.notPublished], [row.brokerCode, row.notPublished]);
    });
  }
}
`,
    "broker.test.ts": `import assert from "node:assert/strict";
import { test } from "node:test";

import { CONTENT, contextFor, drive, startHost } from "../kit/broker.fixture.ts";
import { broker } from "./broker.ts";

test("a text is published in one request, and its URL is read", async (t) => {
  const host = await startHost(t, ({ method }) => [200, { id: "7", url: method === "GET" ? "https://${name}.example/7" : null }]);
  const { done, steps } = await drive(broker, contextFor(host.url, CONTENT));
  assert.deepEqual(done, { platformPostId: "7", publishedUrl: "https://${name}.example/7" });
  assert.deepEqual(steps, ["publish!", "live"]);
});
`,
    "sandbox/index.ts": `import type { SandboxPlatform } from "../../../sandbox/platform.ts";
import { badParameter, rateLimited, serverError, SWITCHES } from "./errors.ts";

/** Simulates ${label}, written only from its documentation, never from the broker. */
export const sandbox: SandboxPlatform = {
  name: "${name}",
  label: "${label}",
  hosts: { "api.${name}.example": [], "${name}.example": [] },
  schema: "",
  resets: {},
  routes: [],
  fidelity: [],
  switches: SWITCHES,
  badParameter,
  rateLimited,
  serverError,
  newApp: () => ({ clientId: "", clientSecret: "" }),
  seed: () => undefined,
};
`,
    "sandbox/errors.ts": `import { jsonAnswer, type FaultSwitch, type PlatformAnswer } from "../../../sandbox/platform.ts";

/** ${label}'s own errors, verbatim. Source: ${label} docs, with the date. */
export const SWITCHES: readonly FaultSwitch[] = [];

export const badParameter = (): PlatformAnswer => jsonAnswer({ error: "invalid" }, { status: 400 });

export const rateLimited = (): PlatformAnswer => jsonAnswer({ error: "too many requests" }, { status: 429 });

export const serverError = (): PlatformAnswer => jsonAnswer({ error: "internal" }, { status: 500 });
`,
  };
}
