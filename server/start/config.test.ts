import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { COUNTABLES } from "../../model/capabilities.ts";
import { about, environment, variables } from "../../model/environment.ts";
import { NO_LIMITS, OPEN_LIMITS, OPEN_MAX_USERS } from "../../model/user-limits.ts";
import { ConfigError, loadConfig } from "./config.ts";

test("nothing is required", () => {
  const config = loadConfig({});
  assert.equal(config.apiUrl, "http://localhost:3000");
  assert.equal(config.appUrl, config.apiUrl);
  assert.equal(config.sandbox.url, "http://127.0.0.1:3001");
  assert.equal(config.databaseUrl, null);
  assert.deepEqual(config.warnings, []);
});

const BILLING = {
  STRIPE_SECRET_KEY: "sk_test_1",
  STRIPE_WEBHOOK_SECRET: "whsec_1",
  STRIPE_PRICE_CREATOR: "price_creator",
  STRIPE_PRICE_PRO: "price_pro, price_pro_2025",
  STRIPE_PRICE_SCALE: "price_scale",
};

test("billing is off without a secret key, and on with its companions, of which each missing one is named", async () => {
  assert.equal(loadConfig({}).billing, null);
  assert.deepEqual(loadConfig(BILLING).billing, {
    secretKey: "sk_test_1",
    webhookSecret: "whsec_1",
    prices: { creator: ["price_creator"], pro: ["price_pro", "price_pro_2025"], scale: ["price_scale"] },
    trialDays: 0,
    automaticTax: false,
    collectTaxIds: false,
    apiUrl: "https://api.stripe.com",
  });
  const names = Object.keys(BILLING);
  for (const missing of names) {
    const problems = problemsOf({ ...BILLING, [missing]: "" });
    const [first] = names;
    if (missing === first)
      assert.deepEqual(
        problems.map((problem) => problem.split(" ")[0]),
        names.slice(1),
      );
    else assert.deepEqual(problems, [`STRIPE_SECRET_KEY is set but ${missing} is not: set it too.`]);
  }
  assert.deepEqual(problemsOf({ STRIPE_SECRET_KEY: "sk_test_1" }).length, 4);
  assert.deepEqual(problemsOf({ ...BILLING, STRIPE_PRICE_SCALE: "price_scale,price_pro" }), [
    "STRIPE_PRICE_PRO and STRIPE_PRICE_SCALE have the same price price_pro.",
  ]);
  const [secret = "", ...others] = problemsOf({
    ...BILLING,
    STRIPE_SECRET_KEY: "pk_test_mine",
    STRIPE_PRICE_PRO: "prod_1",
  });
  assert.match(secret, /^STRIPE_SECRET_KEY must be a secret or restricted key/);
  assert.ok(!secret.includes("mine"), "a secret is not repeated");
  assert.match(others.join(), /^STRIPE_PRICE_PRO must be IDs of prices.* It is "prod_1"\.$/);
  const folder = await mkdtemp(join(tmpdir(), "ampost-config-"));
  await writeFile(join(folder, "key"), "rk_live_2\n");
  const { STRIPE_SECRET_KEY: _, ...rest } = BILLING;
  assert.equal(loadConfig({ ...rest, STRIPE_SECRET_KEY_FILE: join(folder, "key") }).billing?.secretKey, "rk_live_2");
  await rm(folder, { recursive: true });
});

test("the sandbox fetches from loopback if only this machine can reach the instance, and from private addresses only if the operator says so", () => {
  const allowed = (env: NodeJS.ProcessEnv) => loadConfig(env).sandbox.allowPrivateUrls;
  assert.equal(allowed({}), "loopback");
  assert.equal(
    allowed({
      HOST: "::1",
      AMPOST_API_URL: "http://127.0.0.1:3000",
      AMPOST_APP_URL: "http://app.localhost:3000",
      AMPOST_MEDIA_URL: "https://tunnel.example.com",
    }),
    "loopback",
  );
  for (const env of [
    { HOST: "0.0.0.0" },
    { AMPOST_API_URL: "https://api.example.com" },
    { AMPOST_APP_URL: "https://example.com" },
  ])
    assert.equal(allowed(env), false);
  assert.equal(allowed({ HOST: "0.0.0.0", AMPOST_ALLOW_PRIVATE_URLS: "true" }), true);
});

test("all configuration errors are reported together, with the variable, its format and an example", () => {
  const problems = problemsOf({
    PORT: "eighty",
    AMPOST_API_URL: "https://x.example/path",
    AMPOST_SCHEDULING: "some",
    AMPOST_STORAGE: "s3",
    AMPOST_TRUST_PROXY: "10.0.0.0/33",
    THREADS_CLIENT_ID: "1",
  });
  assert.deepEqual(problems.map((problem) => problem.split(" ")[0]).sort(), [
    "AMPOST_API_URL",
    "AMPOST_SCHEDULING",
    "AMPOST_STORAGE",
    "AMPOST_TRUST_PROXY",
    "PORT",
    "THREADS_CLIENT_ID",
  ]);
  assert.ok(
    problems.includes(
      'PORT must be a port number from 0 to 65535; 0 picks a free one, for example 3000. It is "eighty".',
    ),
  );
});

test("each limit and price that a platform does not have is named", () => {
  assert.deepEqual(loadConfig({ AMPOST_PLATFORM_LIMITS: "youtube.uploads=10000, tiktok.posts=20" }).platformLimits, {
    youtube: { uploads: 10_000 },
    tiktok: { posts: 20 },
  });
  assert.deepEqual(loadConfig({ AMPOST_PLATFORM_PRICES: "twitter.plainPart=0.015" }).platformPrices, {
    twitter: { plainPart: 15_000 },
  });
  const problems = problemsOf({
    PORT: "eighty",
    AMPOST_PLATFORM_LIMITS: "youtube.uploadz=1,youtube.uploads=2,tictoc.posts=3,threads.toString=4",
    AMPOST_PLATFORM_PRICES: "twitter.parts=0.1,myspace.post=1",
  });
  const platforms = "instagram, facebook, twitter, linkedin, tiktok, youtube, threads";
  const prices = COUNTABLES.join(", ");
  assert.deepEqual(problems.slice(1), [
    "AMPOST_PLATFORM_LIMITS has youtube.uploadz, but youtube has only uploads.",
    `AMPOST_PLATFORM_LIMITS has tictoc.posts, but the platforms are ${platforms}.`,
    "AMPOST_PLATFORM_LIMITS has threads.toString, but threads has only posts, replies.",
    `AMPOST_PLATFORM_PRICES has twitter.parts, but twitter has only ${prices}.`,
    `AMPOST_PLATFORM_PRICES has myspace.post, but the platforms are ${platforms}.`,
  ]);
  assert.match(problemsOf({ AMPOST_PLATFORM_LIMITS: "youtube.uploads" }).join(), /^AMPOST_PLATFORM_LIMITS must be/);
});

test("whatever a variable is set to, it is the one that is named, together with the others", () => {
  for (const [name] of variables) {
    if (name === "PORT") continue;
    for (const value of ["localhost", "://", "a b", "-1", "99999999999"]) {
      const named = problemsOf({ [name]: value, PORT: "eighty" }).map((problem) => problem.split(" ")[0]);
      assert.ok(named.includes("PORT"), `${name}=${value}: ${named.join()}`);
    }
  }
  for (const name of ["AMPOST_API_URL", "AMPOST_APP_URL", "AMPOST_MEDIA_URL", "AMPOST_SANDBOX_URL"])
    assert.match(problemsOf({ [name]: "localhost" })[0] ?? "", new RegExp(`^${name} must be .* It is "localhost"`));
});

test("every variable is described, with a valid example", () => {
  for (const [name, schema] of variables) {
    const variable = about.get(schema);
    assert.ok(variable, name);
    assert.equal(schema.safeParse(variable.example).success, true, name);
  }
});

test("nobody is limited with invitations, everybody with open sign-up, and the operator's settings take precedence", () => {
  assert.deepEqual(loadConfig({}).userLimits, NO_LIMITS);
  assert.deepEqual(loadConfig({ AMPOST_SIGNUP: "open" }).userLimits, OPEN_LIMITS);
  for (const limit of Object.values(OPEN_LIMITS)) assert.ok(limit > 0);
  const given = { AMPOST_USER_STORAGE: "10 GB", AMPOST_USER_POSTS_PER_DAY: "7", AMPOST_USER_SCHEDULED_POSTS: "none" };
  assert.deepEqual(loadConfig(given).userLimits, { ...NO_LIMITS, maxStorageBytes: 10e9, postsPerDay: 7 });
  assert.deepEqual(loadConfig({ ...given, AMPOST_SIGNUP: "open" }).userLimits, {
    callsPerMinute: OPEN_LIMITS.callsPerMinute,
    contentBytesPerDay: OPEN_LIMITS.contentBytesPerDay,
    maxStorageBytes: 10e9,
    postsPerDay: 7,
    maxScheduledPosts: null,
  });
  const maxUsers = (most?: string) => [
    loadConfig({ AMPOST_MAX_USERS: most }).maxUsers,
    loadConfig({ AMPOST_MAX_USERS: most, AMPOST_SIGNUP: "open" }).maxUsers,
  ];
  assert.deepEqual(maxUsers(), [null, OPEN_MAX_USERS]);
  assert.deepEqual(maxUsers("7"), [7, 7]);
  assert.deepEqual(maxUsers("none"), [null, null]);
  assert.equal(problemsOf({ AMPOST_MAX_USERS: "0" }).length, 1);
  const wrong = {
    AMPOST_USER_STORAGE: "much",
    AMPOST_USER_POSTS_PER_DAY: "0",
    AMPOST_USER_SCHEDULED_POSTS: "-1",
    AMPOST_USER_CALLS_PER_MINUTE: "1.5",
  };
  assert.equal(problemsOf(wrong).length, 4);
  assert.equal(problemsOf({ AMPOST_USER_STORAGE: "99999999TB" }).length, 1);
});

test("an invalid secret is named and never shown", () => {
  const problems = problemsOf({ AMPOST_ENCRYPTION_KEY: "hunter2", DATABASE_URL: "mysql://root:hunter2@localhost" });
  assert.equal(problems.length, 2);
  for (const problem of problems) assert.ok(!problem.includes("hunter2"));
});

test("a secret from .env.example is rejected with a fix, and an earlier key may be that one", () => {
  for (const [name, schema] of variables) {
    const { madeBy, example = "" } = about.get(schema) ?? {};
    if (madeBy !== undefined)
      assert.match(
        problemsOf({ [name]: example })[0] ?? "",
        /^\w+ is the public example from \.env\.example\. Generate your own with `.*openssl rand/,
        name,
      );
  }
  const { example = "" } = about.get(environment.shape.AMPOST_ENCRYPTION_KEY) ?? {};
  for (const sameBytes of [example.replace(/=+$/, ""), Buffer.from(example, "base64").toString("hex")])
    assert.match(problemsOf({ AMPOST_ENCRYPTION_KEY: sameBytes })[0] ?? "", /is the public example/);
  assert.equal(loadConfig({ AMPOST_ENCRYPTION_KEY: `${"ab".repeat(32)},${example}` }).encryptionKeys?.length, 2);
});

test("the sandbox's page is open on a laptop, and shows users only their own posts elsewhere", () => {
  assert.equal(loadConfig({}).sandbox.page, "open");
  assert.equal(loadConfig({ AMPOST_APP_URL: "https://app.example" }).sandbox.page, "own");
  assert.equal(loadConfig({ AMPOST_APP_URL: "https://app.example", AMPOST_SANDBOX_PAGE: "open" }).sandbox.page, "open");
});

test("URLs for other machines that are not https are reported, each once and with a fix", () => {
  const messagesOf = (env: NodeJS.ProcessEnv) => loadConfig(env).warnings.map(({ message }) => message);
  assert.deepEqual(messagesOf({ AMPOST_API_URL: "http://127.0.0.1:3000", AMPOST_APP_URL: "https://app.example" }), []);
  assert.deepEqual(loadConfig({ AMPOST_API_URL: "http://ampost.example" }).warnings, [
    {
      message:
        "AMPOST_API_URL is http://ampost.example, which is not https: API keys are sent unencrypted; no platform " +
        "redirects people to it, so accounts can be connected only in test mode; no platform fetches media from it.",
      cure: "Put a TLS proxy in front of Ampost and set AMPOST_API_URL to its https URL.",
    },
  ]);
  assert.deepEqual(messagesOf({ AMPOST_API_URL: "https://api.example", AMPOST_APP_URL: "http://app.example" }), [
    "AMPOST_APP_URL is http://app.example, which is not https: no platform redirects people to it, " +
      "so accounts can be connected only in test mode.",
  ]);
});

test("a secret can be read from a file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ampost-config-"));
  const file = join(folder, "url");
  await writeFile(file, "postgresql://a:b@c/d\n");
  assert.equal(loadConfig({ DATABASE_URL_FILE: file }).databaseUrl, "postgresql://a:b@c/d");
  assert.deepEqual(problemsOf({ DATABASE_URL_FILE: file, DATABASE_URL: "postgresql://x" }), [
    "DATABASE_URL and DATABASE_URL_FILE are both set: unset one of them.",
  ]);
  assert.match(
    problemsOf({ DATABASE_URL_FILE: join(folder, "no") })[0] ?? "",
    /^DATABASE_URL_FILE points to .* cannot be read \(ENOENT\)/,
  );
  await rm(folder, { recursive: true });
});

test("an app's permissions are those that publishing requires and any others that have a use, or startup says which", () => {
  const app = { THREADS_CLIENT_ID: "1", THREADS_CLIENT_SECRET: "2" };
  const floor = "threads_basic, threads_content_publish";
  const chosen = (env: NodeJS.ProcessEnv) => loadConfig({ ...app, ...env }).apps.get("threads")?.scopes;
  assert.equal(chosen({}), null);
  assert.deepEqual(chosen({ THREADS_SCOPES: floor }), ["threads_basic", "threads_content_publish"]);
  assert.deepEqual(problemsOf({ ...app, THREADS_SCOPES: "threads_basic" }), [
    "THREADS_SCOPES: Publishing on Threads requires these permissions too: threads_content_publish. " +
      "Add threads_content_publish.",
  ]);
  assert.deepEqual(problemsOf({ ...app, THREADS_SCOPES: `${floor},threads_delete` }), [
    "THREADS_SCOPES: Ampost has no use for these Threads permissions: threads_delete. Leave them out. " +
      "The permissions to choose from are threads_basic, threads_content_publish, threads_manage_replies.",
  ]);
  assert.deepEqual(problemsOf({ THREADS_SCOPES: floor }), [
    "THREADS_SCOPES is set but THREADS_CLIENT_ID is not: set both or neither.",
  ]);
});

test("a Facebook app takes permissions for both of its sign-ins, or a configuration, and not both", () => {
  const app = { FACEBOOK_CLIENT_ID: "1", FACEBOOK_CLIENT_SECRET: "2" };
  const FACEBOOK_SCOPES = "pages_show_list,pages_manage_posts,pages_read_engagement,instagram_manage_comments";
  assert.equal(loadConfig({ ...app, FACEBOOK_SCOPES }).apps.get("facebook")?.scopes?.length, 4);
  assert.equal(loadConfig({ ...app, FACEBOOK_CONFIG_ID: "77" }).apps.get("facebook")?.configId, "77");
  assert.deepEqual(problemsOf({ ...app, FACEBOOK_SCOPES, FACEBOOK_CONFIG_ID: "77" }), [
    "FACEBOOK_SCOPES and FACEBOOK_CONFIG_ID are both set: the configuration has its own permissions, " +
      "so unset FACEBOOK_SCOPES.",
  ]);
});

test("a misspelled variable is reported with the closest one, and stops nothing", () => {
  assert.deepEqual(loadConfig({ AMPOST_ENGIN_SPEED: "3" }).warnings, [
    {
      message: "AMPOST_ENGIN_SPEED is not an Ampost variable. Did you mean AMPOST_ENGINE_SPEED?",
      cure: "Rename or unset it.",
    },
  ]);
});

test("an empty variable counts as not set", () => {
  assert.equal(loadConfig({ PORT: "", DATABASE_URL: "" }).port, 3000);
});

test("keys are read as base64 or hexadecimal digits, several of them", () => {
  const keys = loadConfig({
    AMPOST_ENCRYPTION_KEY: `${"ab".repeat(32)}, ${Buffer.alloc(32, 7).toString("base64")}`,
  }).encryptionKeys;
  assert.deepEqual(keys, [Buffer.alloc(32, 0xab), Buffer.alloc(32, 7)]);
});

test("an app exists if its ID and secret do", () => {
  const { apps } = loadConfig({
    THREADS_CLIENT_ID: "1",
    THREADS_CLIENT_SECRET: "s",
    AMPOST_APP_URL: "https://a.example/",
  });
  assert.deepEqual(
    [...apps],
    [
      [
        "threads",
        {
          clientId: "1",
          clientSecret: "s",
          redirectUri: "https://a.example/api/platforms/threads/callback",
          scopes: null,
          configId: null,
        },
      ],
    ],
  );
});

function problemsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    loadConfig(env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  return [];
}
