import { mock } from "node:test";

import { postDraft } from "../../contract/operations/posts.ts";
import { PublicError } from "../../model/errors.ts";
import { newId } from "../../model/ids.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import type { Call } from "../../server/domain/call.ts";
import { createPost } from "../../server/domain/posts/create-post.ts";
import { discardPost } from "../../server/domain/posts/discard-post.ts";
import { publishPost } from "../../server/domain/posts/publish-post.ts";
import { updatePost } from "../../server/domain/posts/update-post.ts";
import { createWorld, type TestTenant, type World } from "../../tests/world.ts";
import { type Counted, refusedOf } from "./platform-limits.ts";
import { type Draws, drawsOf } from "./random.ts";

/**
 * Days of many tenants in which everyone wants more than their platforms allow. Posts are created, published, edited and
 * discarded by the real code on a real database, and each is counted by the platforms at any moment at which the engine
 * may send it. Time is simulated by the clock of this process.
 */
export interface Month {
  tenants: number;
  days: number;
  /** Accepted at their time, moved with `spread`, and refused. */
  accepted: number;
  moved: number;
  refused: number;
  discarded: number;
  /** Platform posts that a platform would have refused, although they were accepted. */
  failed: Counted[];
  /** The same if everything had been published when it was wanted. */
  failedUnreserved: number;
}

interface Tenant extends TestTenant {
  /** The app of all its accounts. */
  app: string;
  /** The IDs of its accounts on the platforms. */
  accounts: Map<PlatformName, string>;
  posts: Made[];
}

/** A post that was accepted. */
interface Made {
  id: string;
  due: number;
  kind: Kind;
}

interface Kind {
  platform: PlatformName;
  content: object;
  /** What it sends: at its time, or up to half an hour before. */
  sends: { counts: Counted["counts"]; isAhead: boolean }[];
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const AT_ONCE = 8;

const image = (name: number) => ({
  url: `https://example.com/${name}.jpg`,
  type: "image",
  mimeType: "image/jpeg",
  sizeBytes: 90_000,
});
const film = {
  url: "https://example.com/a.mp4",
  type: "video",
  mimeType: "video/mp4",
  sizeBytes: 2e6,
  durationSeconds: 20,
};
const images = (count: number) => Array.from({ length: count }, (_, index) => image(index));
const withSettings = (platform: PlatformName, settings: object) => ({
  platformOverrides: { [platform]: { settings } },
});
const thread = (length: number) => Array.from({ length }, (_, index) => ({ text: `part ${index + 2}` }));

/** The platforms that tenants post to. */
const USED = ["instagram", "facebook", "twitter", "linkedin", "tiktok", "youtube", "threads"] as const;

const KINDS: Record<(typeof USED)[number], Kind[]> = {
  instagram: [1, 5].map((count) => ({
    platform: "instagram",
    content: { text: "hello", media: images(count) },
    sends: [
      { counts: { instagramPosts: 1 }, isAhead: false },
      { counts: { instagramContainers: count === 1 ? 1 : count + 1 }, isAhead: true },
    ],
  })),
  facebook: [
    {
      platform: "facebook",
      content: { text: "hello", media: [film], ...withSettings("facebook", { placement: "reel" }) },
      sends: [{ counts: { facebookReels: 1 }, isAhead: true }],
    },
  ],
  twitter: [1, 12].map((parts) => ({
    platform: "twitter",
    content: { text: "hello", ...(parts > 1 ? withSettings("twitter", { thread: thread(parts - 1) }) : {}) },
    sends: Array.from({ length: parts }, () => ({ counts: { xPosts: 1, xAppPosts: 1 }, isAhead: false })),
  })),
  linkedin: [0, 3].map((count) => ({
    platform: "linkedin",
    content: { text: "hello", media: images(count) },
    sends: [
      { counts: { linkedInRequests: 1, linkedInAppRequests: 1 }, isAhead: false },
      ...Array.from({ length: 3 * count }, () => ({
        counts: { linkedInRequests: 1, linkedInAppRequests: 1 },
        isAhead: true,
      })),
    ],
  })),
  tiktok: [
    {
      platform: "tiktok",
      content: { text: "hello", media: [film], ...withSettings("tiktok", { privacyLevel: "SELF_ONLY" }) },
      sends: [{ counts: { tikTokPosts: 1 }, isAhead: true }],
    },
    {
      platform: "tiktok",
      content: { text: "hello", media: [image(1)], ...withSettings("tiktok", { privacyLevel: "SELF_ONLY" }) },
      sends: [{ counts: { tikTokPosts: 1, tikTokInits: 1 }, isAhead: false }],
    },
  ],
  youtube: [
    {
      platform: "youtube",
      content: { text: "A film", media: [film] },
      sends: [{ counts: { youTubeUploads: 1 }, isAhead: true }],
    },
  ],
  threads: [1, 40].map((parts) => ({
    platform: "threads",
    content: { text: "hello", ...(parts > 1 ? withSettings("threads", { thread: thread(parts - 1) }) : {}) },
    sends: [
      { counts: { threadsPosts: 1 }, isAhead: false },
      ...Array.from({ length: parts - 1 }, () => ({ counts: { threadsReplies: 1 }, isAhead: false })),
    ],
  })),
};

/** How many posts a tenant wants on a busy day: more than its account may have. */
const WISHES: Record<(typeof USED)[number], number> = {
  instagram: 70,
  facebook: 45,
  twitter: 90,
  linkedin: 90,
  tiktok: 25,
  youtube: 10,
  threads: 120,
};
/** Everyone wants to upload a video a day, so that shared apps run out of uploads. */
const UPLOAD_DAYS = 0.9;

/** `busy` is the part of their days on which tenants want most. */
export async function simulateMonth(options: {
  seed: number;
  tenants: number;
  days: number;
  busy: number;
}): Promise<Month> {
  const { seed, tenants: count, days, busy } = options;
  const world = await createWorld({ scheduling: "all" });
  const start = Math.ceil(Date.now() / DAY) * DAY;
  mock.timers.enable({ apis: ["Date"], now: start });
  try {
    const draws = drawsOf(seed, "month");
    const tenants = await makeTenants(world, count);
    const wanted: Counted[] = [];
    const counts = { accepted: 0, moved: 0, refused: 0, discarded: 0 };
    for (let day = 0; day < days; day += 1) {
      const acts = tenants.flatMap((tenant, index) => drawDay(draws, tenant, index, busy));
      for (let hour = 0; hour < 24; hour += 1) {
        const now = start + day * DAY + hour * HOUR;
        mock.timers.setTime(now);
        const due = acts.filter((act) => act.hour === hour);
        for (const act of due)
          if (act.at !== null) wanted.push(...sendsOf(draws, act.tenant, { kind: act.kind, due: now + act.at }));
        for (let next = 0; next < due.length; next += AT_ONCE)
          await Promise.all(due.slice(next, next + AT_ONCE).map((act) => perform(world, act, now, counts)));
      }
    }
    const sent = tenants.flatMap((tenant) => tenant.posts.flatMap((made) => sendsOf(draws, tenant, made)));
    return { tenants: count, days, ...counts, failed: refusedOf(sent), failedUnreserved: refusedOf(wanted).length };
  } finally {
    mock.timers.reset();
    await world.close();
  }
}

/** Every third has an app of its own. Every tenth uses the accounts of the one before. */
async function makeTenants(world: World, count: number): Promise<Tenant[]> {
  const tenants: Tenant[] = [];
  for (let index = 0; index < count; index += 1) {
    const { live } = await world.makeTenants();
    const appId = index % 3 === 0 ? newId() : null;
    const before = index % 10 === 9 ? tenants.at(-1) : undefined;
    const accounts = new Map<PlatformName, string>();
    for (const platform of USED) {
      const id = await world.connect(live, platform);
      const platformAccountId = before?.accounts.get(platform) ?? `${platform} ${index}`;
      await world.database.pool.query(
        `with connected as (update connections set oauth_app_id = $3 where account_id = $1)
         update accounts set platform_account_id = $2 where id = $1`,
        [id, platformAccountId, appId],
      );
      accounts.set(platform, platformAccountId);
    }
    tenants.push({ ...live, app: appId ?? "instance", accounts, posts: [] });
  }
  return tenants;
}

/** Something that a tenant does in one hour of a day. */
interface Act {
  tenant: Tenant;
  hour: number;
  kind: Kind;
  /** How long after now the post is due; null: it is published now. */
  at: number | null;
  spread: boolean;
  also: "discard" | "reschedule" | null;
  /** Which of its posts. */
  which: number;
}

function drawDay(draws: Draws, tenant: Tenant, index: number, busy: number): Act[] {
  const main = USED[index % USED.length] ?? "threads";
  const kinds = [
    ...(draws.chance() < busy ? Array.from({ length: WISHES[main] }, () => draws.pick(KINDS[main])) : []),
    ...(draws.chance() < UPLOAD_DAYS ? KINDS.youtube : []),
    draws.pick(KINDS[draws.pick(USED)]),
  ];
  const burst = draws.whole(0, 23);
  return kinds.map((kind) => ({
    tenant,
    kind,
    hour: draws.chance() < 0.5 ? burst : draws.whole(0, 23),
    at: draws.chance() < 0.15 ? null : draws.whole(1, 72) * HOUR + (draws.chance() < 0.6 ? 0 : draws.whole(0, HOUR)),
    spread: draws.chance() < 0.5,
    also: draws.chance() < 0.1 ? "discard" : draws.chance() < 0.1 ? "reschedule" : null,
    which: draws.whole(0, 1_000_000),
  }));
}

async function perform(
  world: World,
  { tenant, kind, at, spread, also, which }: Act,
  now: number,
  counts: Pick<Month, "accepted" | "moved" | "refused" | "discarded">,
): Promise<void> {
  const call = callOf(tenant);
  const scheduledFor = at === null ? null : new Date(now + at).toISOString();
  const body = {
    content: kind.content,
    platforms: [kind.platform],
    platformSetId: tenant.platformSetId,
    scheduledFor,
    spread,
  };
  const made = await unlessFull(async () => {
    const { post } = (await createPost(world.services, call, { body: postDraft.parse(body), issues: [] })).body;
    if (at === null) await publishPost(world.services, call, post.id);
    return { id: post.id, kind, due: post.scheduledFor === null ? now : Date.parse(post.scheduledFor) };
  });
  if (made === null) counts.refused += 1;
  else {
    tenant.posts.push(made);
    counts[at === null || made.due === now + at ? "accepted" : "moved"] += 1;
  }
  const open = tenant.posts.filter(({ due }) => due > now + HOUR);
  const chosen = open[which % Math.max(1, open.length)];
  if (chosen === undefined || also === null) return;
  if (also === "discard") {
    // Nobody else changes it meanwhile: it is no longer among the tenant's posts.
    tenant.posts.splice(tenant.posts.indexOf(chosen), 1);
    await discardPost(world.services, call, chosen.id);
    counts.discarded += 1;
    return;
  }
  const later = { scheduledFor: new Date(chosen.due + (which % 40) * HOUR).toISOString(), spread };
  tenant.posts.splice(tenant.posts.indexOf(chosen), 1);
  const moved = await unlessFull(() =>
    updatePost(world.services, call, chosen.id, { body: postDraft.parse(later), issues: [] }),
  );
  tenant.posts.push(moved === null ? chosen : { ...chosen, due: Date.parse(moved.body.post.scheduledFor ?? "") });
}

/** Null if a budget has no room. */
async function unlessFull<Result>(work: () => Promise<Result>): Promise<Result | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PublicError && error.issues.every(({ rule }) => rule.startsWith("budget."))) return null;
    throw error;
  }
}

function callOf({ userId, mode }: Tenant): Call {
  return {
    userId,
    mode,
    actor: { kind: "key", id: null },
    address: null,
    requestId: "simulated",
    policies: null,
    claim: null,
    ifRevision: null,
    uploads: [],
  };
}

/** What the platforms see of a post, at any of the moments at which it may be sent while it is on time. */
function sendsOf(draws: Draws, { app, accounts }: Tenant, { kind, due }: Pick<Made, "kind" | "due">): Counted[] {
  const { platform, sends } = kind;
  return sends.map(({ counts, isAhead }) => ({
    platform,
    account: accounts.get(platform) ?? "",
    app,
    at: due - (isAhead ? draws.whole(0, HOUR / 2) : 0) + draws.whole(0, 60_000),
    counts,
  }));
}
