import { compile } from "@fastify/proxy-addr";
import { z } from "zod";

import { isSupportAddress, refuseColor, type SURFACES } from "./brand.ts";
import { isPlatformName, PLATFORM_NAMES, type PlatformName } from "./platform-names.ts";
import { OPEN_LIMITS, OPEN_MAX_USERS } from "./user-limits.ts";

/** How `.env.example`, `ampost doctor` and error messages describe a variable. */
export interface Variable {
  group: string;
  /** Its purpose. */
  about: string;
  /** Its format, following the words "must be". */
  takes: string;
  example: string;
  /** The default, if it is not a plain value. */
  otherwise?: string;
  /** Its value is never shown, and `NAME_FILE` can name a file that contains it. */
  secret?: true;
  /**
   * The command that generates one, for our own secrets: then the public example value is rejected.
   */
  madeBy?: string;
}

/** The parts of "youtube.uploads=10000,tiktok.posts=20". */
export function namedNumbers(value: string): [platform: string, name: string, number: string][] {
  return value.split(",").map((part) => {
    const [, platform = "", name = "", number = ""] = /^(\w+)\.(\w+)=(.+)$/.exec(part.trim()) ?? [];
    return [platform, name, number];
  });
}

/** Zod's registry of variable descriptions: the one place where they are described. */
export const about = z.registry<Variable>();

const text = z.string();
const port = z.string().regex(/^\d+$/).transform(Number).pipe(z.number().max(65_535));
const flag = z
  .string()
  .toLowerCase()
  .transform((value, context) => {
    if (["true", "1", "on", "yes"].includes(value)) return true;
    if (["false", "0", "off", "no"].includes(value)) return false;
    context.addIssue("neither true nor false");
    return z.NEVER;
  });
/** Without a trailing slash. */
const origin = z
  .url({ protocol: /^https?$/, abort: true })
  .refine((value) => new URL(value).pathname === "/" && !/[?#@]/.test(value))
  .transform((value) => new URL(value).origin);
const positive = (most: number) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/)
    .transform(Number)
    .pipe(z.number().positive().max(most));
const countOrZero = (most: number) => z.string().regex(/^\d+$/).transform(Number).pipe(z.number().max(most));
const count = (most: number) => z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(1).max(most));
const countOrNone = z
  .string()
  .toLowerCase()
  .regex(/^(none|[1-9]\d{0,8})$/)
  .transform((value) => (value === "none" ? value : Number(value)));
const daysOrNone = (least: number) =>
  z
    .string()
    .toLowerCase()
    .regex(/^(none|[1-9]\d{0,4})$/)
    .transform((value) => (value === "none" ? value : Number(value)))
    .pipe(z.union([z.literal("none"), z.number().min(least)]));
const BYTES = { b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 };
const bytesOrNone = z
  .string()
  .toLowerCase()
  .transform((value, context) => {
    if (value === "none") return value;
    const [, digits = "", unit = "b"] = /^([1-9]\d{0,14}) ?([kmgt]?b)?$/.exec(value) ?? [];
    const bytes = Number(digits) * (Object.entries(BYTES).find(([name]) => name === unit)?.[1] ?? 0);
    if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
    context.addIssue("not a number of bytes");
    return z.NEVER;
  });
const brandColor = (name: keyof typeof SURFACES) =>
  text.toLowerCase().refine((color) => refuseColor(name, color) === null);
/**
 * "youtube.uploads=10000,tiktok.posts=20": numbers by platform and name. Only `loadConfig` knows which names there are,
 * and reports others.
 */
const numbersOfPlatforms = z
  .string()
  .regex(/^\s*\w+\.\w+=\d{1,9}(\.\d{1,6})?\s*(,\s*\w+\.\w+=\d{1,9}(\.\d{1,6})?\s*)*$/)
  .transform((value) => {
    const numbers: Partial<Record<PlatformName, Record<string, number>>> = {};
    for (const [platform, name, number] of namedNumbers(value))
      if (isPlatformName(platform)) numbers[platform] = { ...numbers[platform], [name]: Number(number) };
    return numbers;
  });
/** The default per-person limit if the operator sets none. */
const unlessOpen = (limit: string) => `${limit} with AMPOST_SIGNUP=open, none otherwise`;
/** Public in `.env.example`: as an earlier key, it must still open what it has sealed. */
export const EXAMPLE_KEY = "bm90IGEga2V5LCBwbGVhc2UgbWFrZSB5b3VyIG93biE=";

const key = z.string().transform((value, context) => {
  const keys = value.split(",").map(readKey);
  if (keys.every((bytes) => bytes !== null)) return keys;
  context.addIssue("not 32 bytes");
  return z.NEVER;
});
const proxies = z.string().transform((value, context): boolean | number | string => {
  if (/^\d+$/.test(value)) return Number(value);
  if (value === "true" || value === "false") return value === "true";
  try {
    compile(value.split(",").map((each) => each.trim()));
    return value;
  } catch {
    context.addIssue("not addresses");
    return z.NEVER;
  }
});

const priceId = z.string().regex(/^price_\w+$/);
/** Price IDs: new subscriptions use the first, all of them mean the plan. */
const price = (plan: string) =>
  describe(
    z
      .string()
      .transform((value) => value.split(",").map((id) => id.trim()))
      .pipe(z.tuple([priceId], priceId))
      .optional(),
    {
      group: "Billing",
      about: `Price of ${plan} in Stripe. Keep earlier prices after it, separated by commas, while anyone pays them.`,
      takes: "IDs of prices, which begin with price_, separated by commas",
      example: "price_1Example",
    },
  );
/** Every variable except those of the platforms' apps. Values are strings; an empty one counts as not set. */
export const environment = z.object({
  PORT: describe(port.default(3000), {
    group: "Addresses",
    about: "Port of the API and dashboard.",
    takes: "a port number from 0 to 65535; 0 picks a free one",
    example: "3000",
  }),
  HOST: describe(text.default("127.0.0.1"), {
    group: "Addresses",
    about: "Address to listen on. 0.0.0.0 listens to the whole network.",
    takes: "an IP address or host name",
    example: "0.0.0.0",
  }),
  AMPOST_API_URL: describe(origin.optional(), {
    group: "Addresses",
    about: "Public URL of the REST API and MCP.",
    takes: "an http or https URL without a path",
    example: "https://api.example.com",
    otherwise: "http://localhost:PORT",
  }),
  AMPOST_APP_URL: describe(origin.optional(), {
    group: "Addresses",
    about: "Public URL of the dashboard. Platforms redirect people here after they connect an account.",
    takes: "an http or https URL without a path",
    example: "https://example.com",
    otherwise: "AMPOST_API_URL",
  }),
  AMPOST_MEDIA_URL: describe(origin.optional(), {
    group: "Addresses",
    about: "Public URL from which platforms fetch media. TikTok requires its domain to be verified.",
    takes: "an http or https URL without a path",
    example: "https://media.example.com",
    otherwise: "AMPOST_API_URL",
  }),
  AMPOST_PRIVACY_URL: describe(z.url({ protocol: /^https?$/ }).optional(), {
    group: "Addresses",
    about: "Your privacy policy, to which /privacy redirects. Platforms require its URL in an app's settings.",
    takes: "an http or https URL",
    example: "https://example.com/privacy",
    otherwise: "a page that says what the instance stores",
  }),
  AMPOST_TERMS_URL: describe(z.url({ protocol: /^https?$/ }).optional(), {
    group: "Addresses",
    about: "Your terms of service, to which /terms redirects.",
    takes: "an http or https URL",
    example: "https://example.com/terms",
    otherwise: "a short default page",
  }),
  AMPOST_TRUST_PROXY: describe(proxies.default(false), {
    group: "Addresses",
    about: "Proxies whose X-Forwarded-* headers are trusted.",
    takes: "true, false, a number of proxies, or their addresses separated by commas",
    example: "1",
  }),

  DATABASE_URL: describe(z.url({ protocol: /^postgres(ql)?$/ }).optional(), {
    group: "Data",
    about: "PostgreSQL database to use (version 15 or newer).",
    takes: "a URL that begins with postgresql://",
    example: "postgresql://ampost:password@localhost:5432/ampost",
    otherwise: "an embedded PostgreSQL in AMPOST_DATA_DIR",
    secret: true,
  }),
  AMPOST_POSTGRES: describe(z.enum(["bundled", "newest"]).default("bundled"), {
    group: "Data",
    about:
      "Which PostgreSQL the embedded database uses: the one installed with Ampost, or the newest of that and " +
      "those of the system's packages.",
    takes: "bundled or newest",
    example: "newest",
  }),
  AMPOST_DATA_DIR: describe(text.default(".data"), {
    group: "Data",
    about:
      "Folder for the embedded database, stored media, the sandbox's state and the generated encryption key. " +
      "Processes on the same machine share it.",
    takes: "a path",
    example: "/var/lib/ampost",
  }),
  AMPOST_DATABASE_POOL: describe(count(1000).default(8), {
    group: "Data",
    about: "Maximum number of database connections per process, in addition to a few long-lived ones.",
    takes: "a whole number from 1 to 1000",
    example: "20",
  }),
  AMPOST_AUDIT_DAYS: describe(daysOrNone(365).default(730), {
    group: "Data",
    about: "How many days to keep the entries of the audit log.",
    takes: "a whole number of days from 365, or none to keep them forever",
    example: "3650",
  }),
  AMPOST_REQUEST_LOG_DAYS: describe(countOrZero(365).default(30), {
    group: "Data",
    about: "How many days to keep the entries of the request log. With 0, requests are not recorded.",
    takes: "a whole number of days from 0 to 365",
    example: "7",
  }),
  AMPOST_ENCRYPTION_KEY: describe(key.optional(), {
    group: "Data",
    about: "Encrypts tokens in the database. Separate several keys with commas: the first encrypts, all decrypt.",
    takes: "32 bytes in base64 or hexadecimal (openssl rand -base64 32)",
    example: EXAMPLE_KEY,
    otherwise: "a key generated in AMPOST_DATA_DIR/encryption-key",
    secret: true,
    madeBy: "openssl rand -base64 32",
  }),

  AMPOST_STORAGE: describe(z.enum(["disk", "s3"]).default("disk"), {
    group: "Media",
    about: "Where media is stored: a folder in AMPOST_DATA_DIR, or an S3-compatible store.",
    takes: "disk or s3",
    example: "s3",
  }),
  AMPOST_S3_BUCKET: describe(text.optional(), {
    group: "Media",
    about: "Name of the bucket, with AMPOST_STORAGE=s3.",
    takes: "a bucket's name",
    example: "ampost-media",
  }),
  AMPOST_S3_PREFIX: describe(text.default(""), {
    group: "Media",
    about: "Prefix of all keys in the bucket. Two instances must not share both bucket and prefix.",
    takes: "a string",
    example: "production/",
  }),
  AMPOST_S3_REGION: describe(text.default("us-east-1"), {
    group: "Media",
    about: "Region of the bucket.",
    takes: "a region's name",
    example: "eu-central-1",
  }),
  AMPOST_S3_ENDPOINT: describe(z.url({ protocol: /^https?$/ }).optional(), {
    group: "Media",
    about: "Endpoint of the S3-compatible store.",
    takes: "an http or https URL",
    example: "https://s3.example.com",
    otherwise: "Amazon S3 in the region",
  }),
  AMPOST_S3_ACCESS_KEY_ID: describe(text.optional(), {
    group: "Media",
    about: "Access key ID for the store.",
    takes: "an access key ID",
    example: "AKIAEXAMPLE",
    otherwise: "the AWS SDK's default credentials",
    secret: true,
  }),
  AMPOST_S3_SECRET_ACCESS_KEY: describe(text.optional(), {
    group: "Media",
    about: "Secret access key for the store.",
    takes: "a secret access key",
    example: "secret",
    secret: true,
  }),
  AMPOST_S3_FORCE_PATH_STYLE: describe(flag.default(false), {
    group: "Media",
    about:
      "Whether to put the bucket name in the path instead of the host name. " +
      "Most stores other than Amazon's require it.",
    takes: "true or false",
    example: "true",
  }),
  AMPOST_ALLOW_PRIVATE_URLS: describe(flag.default(false), {
    group: "Media",
    about:
      "Whether media, webhooks and MCP client metadata may use loopback and private addresses, " +
      "including in the sandbox. For development only.",
    takes: "true or false",
    example: "true",
  }),

  AMPOST_BACKUP_TO: describe(text.optional(), {
    group: "Backups",
    about:
      "Where scheduled backups are written: a folder on another disk than the data, or a bucket. " +
      "A bucket uses AMPOST_S3_REGION, AMPOST_S3_ENDPOINT and the access key.",
    takes: "a path, or s3://BUCKET/PREFIX",
    example: "/mnt/backups/ampost",
    otherwise: "no scheduled backups",
  }),
  AMPOST_BACKUP_HOURS: describe(count(8760).default(24), {
    group: "Backups",
    about: "How many hours apart scheduled backups are.",
    takes: "a whole number of hours from 1 to 8760",
    example: "6",
  }),
  AMPOST_BACKUP_KEEP: describe(count(10_000).default(14), {
    group: "Backups",
    about: "How many scheduled backups to keep. Older ones are deleted.",
    takes: "a whole number from 1 to 10000",
    example: "28",
  }),

  AMPOST_SANDBOX_PORT: describe(port.default(3001), {
    group: "Sandbox",
    about: "Port of the sandbox.",
    takes: "a port number from 0 to 65535; 0 picks a free one",
    example: "3001",
  }),
  AMPOST_SANDBOX_URL: describe(origin.optional(), {
    group: "Sandbox",
    about: "URL of a sandbox that runs elsewhere. `start` then does not start one.",
    takes: "an http or https URL without a path",
    example: "http://sandbox:3001",
    otherwise: "http://127.0.0.1:AMPOST_SANDBOX_PORT",
  }),
  AMPOST_SANDBOX_PAGE: describe(z.enum(["own", "open"]).optional(), {
    group: "Sandbox",
    about: "Which posts /sandbox shows: to signed-in users only their own, or all of them to everyone.",
    takes: "own or open",
    example: "open",
    otherwise: "open if AMPOST_APP_URL is a loopback address, otherwise own",
  }),
  AMPOST_SANDBOX_LIMITS: describe(flag.default(true), {
    group: "Sandbox",
    about: "Whether the sandbox enforces the platforms' limits. Turn it off for load tests.",
    takes: "on or off",
    example: "off",
  }),

  AMPOST_ENGINE_SPEED: describe(positive(10_000).default(1), {
    group: "Publishing",
    about: "Divides the engine's pauses in test mode, to simulate failures faster.",
    takes: "a number above 0, at most 10000",
    example: "10",
  }),
  AMPOST_SCHEDULING: describe(z.enum(["contract", "all"]).default("contract"), {
    group: "Publishing",
    about: "Which platforms support scheduledFor: those in the public contract, or all.",
    takes: "contract or all",
    example: "all",
  }),
  AMPOST_DRAIN_SECONDS: describe(countOrZero(600).default(0), {
    group: "Publishing",
    about:
      "How many seconds the API keeps responding after SIGTERM while /readyz says that it is not ready. " +
      "Behind a load balancer, set it to the time in which that notices.",
    takes: "a whole number from 0 to 600",
    example: "10",
  }),
  AMPOST_STOP_SECONDS: describe(count(600).default(10), {
    group: "Publishing",
    about:
      "Maximum number of seconds to shut down, after AMPOST_DRAIN_SECONDS. Publishing requests in progress get almost all of it; " +
      "other work is handed back within five seconds.",
    takes: "a whole number from 1 to 600",
    example: "60",
  }),
  AMPOST_LATEST: describe(positive(8760).default(6), {
    group: "Publishing",
    about:
      "How many hours late a post may be published automatically, unless it sets publishBy. " +
      "A post that could not be published by then is not sent; it waits for a person, or has failed.",
    takes: "a number of hours above 0, at most 8760",
    example: "24",
  }),
  AMPOST_JOURNAL_DAYS: describe(count(36_500).default(30), {
    group: "Publishing",
    about:
      "How many days to keep the requests that published a settled post. " +
      "The result and the platform's IDs are kept as long as the post.",
    takes: "a whole number of days from 1 to 36500",
    example: "90",
  }),
  AMPOST_WORKER_SLOTS: describe(count(1000).default(32), {
    group: "Publishing",
    about:
      "How many platform posts a worker prepares at the same time; it publishes four times as many. " +
      "As many again are reserved for platforms and users with few posts in progress.",
    takes: "a whole number from 1 to 1000",
    example: "64",
  }),
  AMPOST_WORKER_PORT: describe(port.optional(), {
    group: "Publishing",
    about: "Port for /healthz and /readyz of a standalone worker.",
    takes: "a port number from 0 to 65535",
    example: "3002",
    otherwise: "no port",
  }),
  LINKEDIN_API_VERSION: describe(
    z
      .string()
      .regex(/^\d{6}$/)
      .default("202605"),
    { group: "Publishing", about: "LinkedIn API version: year and month.", takes: "six digits", example: "202605" },
  ),
  META_GRAPH_VERSION: describe(
    z
      .string()
      .regex(/^v\d{2}\.\d$/)
      .default("v25.0"),
    {
      group: "Publishing",
      about: "Version of Meta's Graph API, for Facebook and Instagram.",
      takes: "a version such as v25.0",
      example: "v25.0",
    },
  ),
  TIKTOK_PRIVATE_POSTS_ONLY: describe(flag.default(false), {
    group: "Publishing",
    about:
      "Whether the app is not yet audited by TikTok. " +
      "TikTok then accepts only private posts, so no other privacy level is offered.",
    takes: "true or false",
    example: "true",
  }),
  YOUTUBE_FORCE_PRIVATE_UPLOADS: describe(flag.default(false), {
    group: "Publishing",
    about: "Whether to keep YouTube videos private, as required until Google's review of the app is complete.",
    takes: "true or false",
    example: "true",
  }),
  AMPOST_PLATFORM_LIMITS: describe(numbersOfPlatforms.optional(), {
    group: "Publishing",
    about:
      "Limits that a platform has granted to you instead of its documented ones. " +
      "Those of apps apply to the instance's apps, those of accounts to all accounts.",
    takes: "PLATFORM.LIMIT=NUMBER pairs separated by commas, with the names in GET /api/v1/platforms",
    example: "youtube.uploads=10000,tiktok.posts=20",
    otherwise: "the documented limits",
  }),
  AMPOST_PLATFORM_PRICES: describe(numbersOfPlatforms.optional(), {
    group: "Publishing",
    about: "What a platform charges you for each post, if it differs from the published prices.",
    takes: `PLATFORM.WHAT=USD pairs separated by commas; what: ${["plainPart", "linkedPart", "altText", "post"].join(", ")}`,
    example: "twitter.plainPart=0.015,twitter.linkedPart=0.2",
    otherwise: "the published prices",
  }),

  AMPOST_SIGNUP: describe(z.enum(["open", "invite", "closed"]).default("invite"), {
    group: "People",
    about: "Who can sign up: anyone who confirms an email address, only people the owner invites, or no one.",
    takes: "open, invite or closed",
    example: "open",
  }),
  AMPOST_MAX_USERS: describe(countOrNone.optional(), {
    group: "People",
    about:
      "Maximum number of users. Beyond it, nobody can create an account, with an invitation or without. " +
      "Tenants are not counted.",
    takes: "a whole number above 0, or none",
    example: "5000",
    otherwise: unlessOpen(String(OPEN_MAX_USERS)),
  }),
  AMPOST_USER_STORAGE: describe(bytesOrNone.optional(), {
    group: "People",
    about: "Maximum storage for media per user, in both modes combined.",
    takes: "a number of bytes, kB, MB, GB or TB, or none",
    example: "10GB",
    otherwise: unlessOpen(`${(OPEN_LIMITS.maxStorageBytes ?? 0) / 1e9} GB`),
  }),
  AMPOST_USER_POSTS_PER_DAY: describe(countOrNone.optional(), {
    group: "People",
    about: "Maximum number of posts per user and day (UTC).",
    takes: "a whole number above 0, or none",
    example: "1000",
    otherwise: unlessOpen(String(OPEN_LIMITS.postsPerDay)),
  }),
  AMPOST_USER_CONTENT_PER_DAY: describe(bytesOrNone.optional(), {
    group: "People",
    about: "Maximum content of posts created or edited per user and day (UTC): texts and settings, not media.",
    takes: "a number of bytes, kB, MB, GB or TB, or none",
    example: "100MB",
    otherwise: unlessOpen(`${(OPEN_LIMITS.contentBytesPerDay ?? 0) / 1e6} MB`),
  }),
  AMPOST_USER_SCHEDULED_POSTS: describe(countOrNone.optional(), {
    group: "People",
    about: "Maximum number of scheduled posts per user.",
    takes: "a whole number above 0, or none",
    example: "2000",
    otherwise: unlessOpen(String(OPEN_LIMITS.maxScheduledPosts)),
  }),
  AMPOST_USER_CALLS_PER_MINUTE: describe(countOrNone.optional(), {
    group: "People",
    about: "Maximum number of requests per user, rate class and minute, over all processes.",
    takes: "a whole number above 0, or none",
    example: "600",
    otherwise: unlessOpen(String(OPEN_LIMITS.callsPerMinute)),
  }),
  AMPOST_MAX_PLATFORM_SETS: describe(countOrNone.default(20), {
    group: "People",
    about: "Maximum number of platform sets per user and mode. For single tenants, set the limit maxPlatformSets.",
    takes: "a whole number above 0, or none",
    example: "100",
  }),
  AMPOST_ADDRESS_CALLS_PER_MINUTE: describe(countOrNone.default(6_000), {
    group: "People",
    about: "Maximum number of requests per IP address and minute without a valid key or session, for each process.",
    takes: "a whole number above 0, or none",
    example: "1000",
  }),
  AMPOST_ADDRESS_FAILED_KEYS_PER_MINUTE: describe(countOrNone.default(60), {
    group: "People",
    about: "Maximum number of requests per IP address and minute with an invalid API key, for each process.",
    takes: "a whole number above 0, or none",
    example: "20",
  }),
  AMPOST_SMTP_URL: describe(z.url({ protocol: /^smtps?$/ }).optional(), {
    group: "People",
    about: "Mail server that sends emails.",
    takes: "a URL that begins with smtp:// or smtps://",
    example: "smtps://ampost:password@mail.example.com",
    otherwise: "emails are written to AMPOST_DATA_DIR/mail",
    secret: true,
  }),
  AMPOST_MAIL_FROM: describe(
    z
      .string()
      .regex(/^(?:[^\r\n<>]*[\s<])?[^\s<>@]+@[^\s<>@]+>?$/)
      .optional(),
    {
      group: "People",
      about: "Sender of emails. A brand's name takes the place of the name.",
      takes: "an email address, optionally with a name",
      example: "Ampost <ampost@example.com>",
      otherwise: "ampost@ and the host of AMPOST_APP_URL",
    },
  ),

  STRIPE_SECRET_KEY: describe(
    z
      .string()
      .regex(/^[sr]k_\w+$/)
      .optional(),
    {
      group: "Billing",
      about: "Charges for plans through Stripe: everyone without a plan is then on Free. A restricted key is enough.",
      takes: "a secret or restricted key of Stripe, which begins with sk_ or rk_",
      example: "sk_live_51Example",
      otherwise: "no billing, and no plan limits anyone",
      secret: true,
    },
  ),
  STRIPE_WEBHOOK_SECRET: describe(
    z
      .string()
      .regex(/^whsec_\S+$/)
      .optional(),
    {
      group: "Billing",
      about: "Signing secret of the webhook endpoint AMPOST_APP_URL/api/billing/stripe-events.",
      takes: "the endpoint's signing secret, which begins with whsec_",
      example: "whsec_51Example",
      secret: true,
    },
  ),
  STRIPE_PRICE_CREATOR: price("Creator"),
  STRIPE_PRICE_PRO: price("Pro"),
  STRIPE_PRICE_SCALE: price("Scale"),
  STRIPE_TRIAL_DAYS: describe(countOrZero(730).default(0), {
    group: "Billing",
    about: "How many days a user's first subscription is free.",
    takes: "a whole number of days from 0 to 730",
    example: "14",
  }),
  STRIPE_AUTOMATIC_TAX: describe(flag.default(false), {
    group: "Billing",
    about: "Whether Stripe Tax calculates taxes at checkout. Turn it on in Stripe first.",
    takes: "true or false",
    example: "true",
  }),
  STRIPE_TAX_IDS: describe(flag.default(false), {
    group: "Billing",
    about: "Whether businesses can enter their tax ID, such as a VAT number, at checkout.",
    takes: "true or false",
    example: "true",
  }),
  STRIPE_API_URL: describe(origin.default("https://api.stripe.com"), {
    group: "Billing",
    about: "Stripe's API. Another URL is for tests.",
    takes: "an http or https URL without a path",
    example: "https://api.stripe.com",
  }),

  AMPOST_BRAND_NAME: describe(z.string().trim().min(1).max(60).optional(), {
    group: "Branding",
    about: "Name of your product, on pages, in emails and of their sender.",
    takes: "1 to 60 characters",
    example: "Acme Social",
    otherwise: "Ampost",
  }),
  AMPOST_BRAND_LOGO: describe(text.optional(), {
    group: "Branding",
    about: "Your logo, next to the name: a file of at most 64 kB, and 1024 pixels wide and high.",
    takes: "a path to a PNG file",
    example: "/etc/ampost/logo.png",
    otherwise: "no logo",
  }),
  AMPOST_BRAND_COLOR: describe(brandColor("color").optional(), {
    group: "Branding",
    about: "Color of the main buttons on light pages.",
    takes: "a color such as #0a58b8 that stands out from white, with a contrast of at least 3",
    example: "#0a58b8",
    otherwise: "black",
  }),
  AMPOST_BRAND_DARK_COLOR: describe(brandColor("darkColor").optional(), {
    group: "Branding",
    about: "The same on dark pages.",
    takes: "a color such as #8ab8ff that stands out from #181818, with a contrast of at least 3",
    example: "#8ab8ff",
    otherwise: "AMPOST_BRAND_COLOR if it stands out, otherwise white",
  }),
  AMPOST_BRAND_SUPPORT: describe(z.string().max(500).refine(isSupportAddress).optional(), {
    group: "Branding",
    about: "Where people get help, on pages and in emails.",
    takes: "an email address or an https URL",
    example: "help@example.com",
    otherwise: "not shown",
  }),

  AMPOST_METRICS_PORT: describe(port.optional(), {
    group: "Watching",
    about: "Separate port for /metrics, and for /readyz with every check.",
    takes: "a port number from 0 to 65535",
    example: "9464",
    otherwise: "no port",
  }),
  AMPOST_METRICS_HOST: describe(text.default("127.0.0.1"), {
    group: "Watching",
    about: "Address the metrics port listens on.",
    takes: "an IP address or host name",
    example: "10.0.0.5",
  }),
  AMPOST_METRICS_TOKEN: describe(
    z
      .string()
      .regex(/^[\w.~+/=-]{16,}$/)
      .optional(),
    {
      group: "Watching",
      about: "Bearer token for /metrics, and for /readyz with every check, on the other ports too.",
      takes: "at least 16 letters, digits or any of -._~+/=",
      example: "bm90LWEtdG9rZW4tbWFrZS15b3VyLW93bg==",
      otherwise: "/metrics is not available there",
      secret: true,
      madeBy: "openssl rand -base64 32",
    },
  ),

  AMPOST_ALERT_EMAIL: describe(
    z
      .string()
      .transform((value) => (value === "none" ? [] : value.split(",").map((address) => address.trim())))
      .pipe(z.array(z.email()))
      .optional(),
    {
      group: "Watching",
      about: "Who gets an email when the instance needs a person: a hold, a backlog, a platform that is down.",
      takes: "email addresses separated by commas, or none",
      example: "ops@example.com",
      otherwise: "the owner",
    },
  ),
  AMPOST_ALERT_WEBHOOK: describe(z.url({ protocol: /^https?$/ }).optional(), {
    group: "Watching",
    about: "URL that receives the same alerts as JSON.",
    takes: "an http or https URL",
    example: "https://hooks.example.com/ampost",
    otherwise: "no webhook",
    secret: true,
  }),
  AMPOST_ALERT_WEBHOOK_SECRET: describe(
    z
      .string()
      .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/)
      .optional(),
    {
      group: "Watching",
      about: "Signs requests to AMPOST_ALERT_WEBHOOK, as defined by Standard Webhooks.",
      takes: "whsec_ and 24 to 64 bytes in base64",
      example: "whsec_bm90YXNlY3JldG1ha2V5b3Vyb3duZmlyc3Q=",
      otherwise: "requests are not signed",
      secret: true,
      madeBy: "echo whsec_$(openssl rand -base64 32)",
    },
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: describe(z.url({ protocol: /^https?$/ }).optional(), {
    group: "Watching",
    about: "OpenTelemetry collector that receives traces, as OTLP over HTTP. Other OTEL_ variables apply as usual.",
    takes: "an http or https URL",
    example: "http://localhost:4318",
    otherwise: "no traces",
  }),
  OTEL_EXPORTER_OTLP_HEADERS: describe(
    z
      .string()
      .transform((value) =>
        value.split(",").map((pair): [string, string] => {
          const [name = "", ...rest] = pair.split("=");
          return [name.trim(), decodeURIComponent(rest.join("=").trim())];
        }),
      )
      .pipe(z.array(z.tuple([z.string().regex(/^[\w-]+$/), z.string().min(1)])))
      .optional(),
    {
      group: "Watching",
      about: "Headers for the collector, such as a key.",
      takes: "NAME=VALUE pairs separated by commas",
      example: "x-api-key=secret",
      secret: true,
    },
  ),

  AMPOST_LOG_LEVEL: describe(z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"), {
    group: "Logs",
    about: "Minimum level to log.",
    takes: "trace, debug, info, warn, error or silent",
    example: "debug",
  }),
});

/** The instance's own app on each platform, for live mode. */
export const appEnvironment = z.object(Object.fromEntries(PLATFORM_NAMES.flatMap(appVariables)));

/** All of them, by name, in reading order. */
export const variables: [string, z.ZodType][] = [
  ...Object.entries(environment.shape),
  ...Object.entries(appEnvironment.shape),
];

type AppPart = "CLIENT_ID" | "CLIENT_SECRET" | "REDIRECT_URI" | "SCOPES" | "CONFIG_ID";

export function appVariable(platform: PlatformName, part: AppPart): string {
  return `${platform.toUpperCase()}_${part}`;
}

function appVariables(platform: PlatformName): [string, z.ZodOptional<z.ZodType<string>>][] {
  const group = "Apps on the platforms, for live mode";
  return [
    [
      appVariable(platform, "CLIENT_ID"),
      describe(z.string().optional(), {
        group,
        about: "Client ID of the app, as shown on the platform's developer portal.",
        takes: "a client ID",
        example: "1234567890",
      }),
    ],
    [
      appVariable(platform, "CLIENT_SECRET"),
      describe(z.string().optional(), {
        group,
        about: "Client secret of the app.",
        takes: "a client secret",
        example: "secret",
        secret: true,
      }),
    ],
    [
      appVariable(platform, "REDIRECT_URI"),
      describe(z.url().optional(), {
        group,
        about: "Redirect URI registered with the app.",
        takes: "a URL",
        example: `https://example.com/api/platforms/${platform}/callback`,
        otherwise: `AMPOST_APP_URL/api/platforms/${platform}/callback`,
      }),
    ],
    [
      appVariable(platform, "SCOPES"),
      describe(z.string().optional(), {
        group,
        about: "Permissions to ask for. Leave out those that the app does not have and publishing does not require.",
        takes: "permissions separated by commas, with all that publishing requires",
        example: "basic,publish",
        otherwise: "those listed on the platform's page",
      }),
    ],
    ...(takesConfigId(platform) ? [configId(platform, group)] : []),
  ];
}

/** Whether the platform's apps can have a configuration (Facebook Login for Business) instead of a list of permissions. */
export function takesConfigId(platform: PlatformName): boolean {
  return platform === "facebook";
}

function configId(platform: PlatformName, group: string): [string, z.ZodOptional<z.ZodType<string>>] {
  const schema = z
    .string()
    .regex(/^\d{1,30}$/)
    .optional();
  return [
    appVariable(platform, "CONFIG_ID"),
    describe(schema, {
      group,
      about: "Configuration of Facebook Login for Business. Its permissions are asked for instead of a list.",
      takes: "the configuration's ID, a number",
      example: "1234567890",
      otherwise: "Facebook Login without a configuration",
    }),
  ];
}

function describe<Schema extends z.ZodType>(schema: Schema, variable: Variable): Schema {
  about.add(schema, variable);
  return schema;
}

function readKey(value: string): Buffer | null {
  const trimmed = value.trim();
  const bytes = Buffer.from(trimmed, /^[0-9a-f]{64}$/i.test(trimmed) ? "hex" : "base64");
  return bytes.length === 32 ? bytes : null;
}
