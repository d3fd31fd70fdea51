import { EXAMPLE_PLATFORM, EXAMPLE_PLATFORMS } from "../../platforms/catalog.ts";

const { withSettings, withShortText } = EXAMPLE_PLATFORMS;

const ID = "01980b7a-6c00-7000-8000-000000000001";
const RETURN_URL = "https://app.example.com/connected";

/** An example body for each operation, by the operation's name. The documentation shows them, and tests send them. */
export const EXAMPLES: Readonly<Record<string, unknown>> = {
  posts_create: {
    content: {
      text: "Our new release is out.",
      linkUrl: "https://example.com/release",
      platformOverrides: {
        [withSettings]: {
          text: "Our new release is out. Here is what changed and why.",
          settings: { visibility: "PUBLIC" },
        },
      },
    },
    platforms: [EXAMPLE_PLATFORM, withSettings],
    platformSetId: ID,
  },
  posts_create_many: {
    posts: [
      {
        idempotencyKey: "release-5-monday",
        content: { text: "Our new release is out." },
        platforms: [EXAMPLE_PLATFORM],
        platformSetId: ID,
      },
    ],
    dryRun: true,
  },
  posts_cancel_many: { ids: [ID] },
  posts_move_many: { ids: [ID], accountIds: [ID] },
  legacy_posts_create: {
    text: "Our new release is out.",
    platforms: [EXAMPLE_PLATFORM],
    scheduledFor: null,
    platformSetId: ID,
    mediaUrls: ["https://cdn.example.com/release.jpg"],
  },
  posts_validate: {
    content: { text: "Is this short enough?" },
    platforms: [withShortText, EXAMPLE_PLATFORM],
    platformSetId: ID,
  },
  posts_update: { content: { text: "Our new release is out today." } },
  posts_retry: { platforms: [EXAMPLE_PLATFORM], force: false },
  posts_resolve: {
    platform: EXAMPLE_PLATFORM,
    isLive: true,
    publishedUrl: "https://www.threads.com/@ampost/post/DRcQ1aXk7Zm",
  },
  sandbox_faults_set: { faults: ["rate_limit", "drop_after"] },
  publishing_pause: { platformSetId: ID },
  publishing_resume: { platformSetId: ID },
  posts_approve: { contentHash: "0".repeat(64) },
  posts_send_back: { contentHash: "0".repeat(64), reason: "The second sentence promises too much." },
  platform_sets_create: { name: "My Brand Accounts" },
  platform_sets_rename: { name: "Client accounts" },
  platform_sets_set_posting_times: {
    timeZone: "Europe/Berlin",
    times: { monday: ["09:30", "17:00"], thursday: ["09:30"] },
  },
  accounts_set_posting_times: {
    postingTimes: { timeZone: "Europe/Berlin", times: { tuesday: ["12:00"], saturday: ["10:00"] } },
  },
  media_create: { url: "https://cdn.example.com/photo.jpg" },
  media_update: { altText: "A lighthouse at dusk", keepUntil: "forever" },
  media_crop: { x: 0, y: 135, width: 1080, height: 1080 },
  media_upload_url: { filename: "launch.mp4" },
  connect_links_create: {
    platformSetId: ID,
    platform: withSettings,
    externalId: "customer-4711",
    returnUrl: RETURN_URL,
    expiresInSeconds: 3600,
  },
  connections_start: { platformSetId: ID, returnTo: "/platforms" },
  connections_choose: { platformAccountId: "17841400000000001" },
  oauth_apps_save: { clientId: "1234567890", clientSecret: "the app's secret" },
  apps_save: { clientId: "1234567890", clientSecret: "the app's secret" },
  tenants_save_app: { clientId: "1234567890", clientSecret: "the app's secret", mode: "live" },
  keys_create: { name: "Production", mode: "live" },
  notifications_update: { failed: false },
  me_update: { name: "Ada", timeZone: "Europe/Berlin" },
  me_delete: { password: "the password of the account" },
  members_update: { role: "publisher" },
  member_invites_create: { email: "colleague@example.com", role: "writer" },
  invites_create: { email: "colleague@example.com" },
  billing_checkout: { plan: "pro" },
  webhooks_create: { url: "https://app.example.com/ampost-events", events: ["post.published", "post.failed"] },
  webhooks_update: { events: [] },
  tenants_create: { externalId: "customer-4711", name: "Acme", plan: "pro" },
  tenants_update: { limits: { postsPerMonth: 20_000 } },
  keys_roll: { overlapSeconds: 3600 },
  tenants_roll_key: { overlapSeconds: 3600 },
  tenants_create_key: { name: "Production", mode: "live" },
};
