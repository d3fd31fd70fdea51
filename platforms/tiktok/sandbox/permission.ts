import { isIP } from "node:net";

import type { Call } from "../../../sandbox/platform.ts";
import { integer } from "../../../sandbox/store.ts";
import { PROBLEMS, Refusal } from "./errors.ts";
import { UNAUDITED } from "./oauth.ts";
import { privacyOptions, type Viewer } from "./people.ts";

/**
 * Who can post what, and from where TikTok pulls. Source: TikTok docs, content sharing guidelines and media transfer
 * guide, 2026-09-11.
 */
const DAY_MS = 24 * 3_600_000;
const UNAUDITED_CREATORS = 5;
const PENDING_DRAFTS = 5;
/** Verified for every app of the sandbox, in addition to the origin of the product's media. */
const VERIFIED_DOMAIN = "media.example.com";

/** Bans and exceeded limits, both in creator info and in the calls that start a post. */
export function refuseCreator(call: Call, { person, token, facts }: Viewer): void {
  if (facts.isBanned) throw new Refusal(PROBLEMS.banned);
  if (!call.world.limits) return;
  const since = call.now - DAY_MS;
  const posts = call.world.store.get(
    "SELECT count(*) AS number FROM tiktok_tasks WHERE owner = ? AND post_id IS NOT NULL AND finished_at > ?",
    person.id,
    since,
  );
  if (integer(posts, "number") >= facts.dailyPosts) throw new Refusal(PROBLEMS.tooManyPosts);
  if (token.clientId !== UNAUDITED.clientId) return;
  const others = call.world.store.get(
    `SELECT count(DISTINCT owner) AS number FROM tiktok_tasks
     WHERE client_id = ? AND owner <> ? AND post_id IS NOT NULL AND finished_at > ?`,
    token.clientId,
    person.id,
    since,
  );
  if (integer(others, "number") >= UNAUDITED_CREATORS) throw new Refusal(PROBLEMS.tooManyCreators);
}

export function refusePost(call: Call, viewer: Viewer, privacy: string): void {
  refuseCreator(call, viewer);
  if (!privacyOptions(viewer.facts).includes(privacy)) throw new Refusal(PROBLEMS.privacyMismatch);
  const isUnaudited = viewer.token.clientId === UNAUDITED.clientId;
  if (isUnaudited && (!viewer.facts.isPrivate || privacy !== "SELF_ONLY")) throw new Refusal(PROBLEMS.unaudited);
}

export function refuseDraft(call: Call, { person, facts }: Viewer): void {
  if (facts.isBanned) throw new Refusal(PROBLEMS.banned);
  const drafts = call.world.store.get(
    `SELECT count(*) AS number FROM tiktok_tasks WHERE owner = ? AND is_draft = 1 AND fail_reason IS NULL
       AND begun_at > ?`,
    person.id,
    call.now - DAY_MS,
  );
  if (call.world.limits && integer(drafts, "number") >= PENDING_DRAFTS) throw new Refusal(PROBLEMS.tooManyDrafts);
}

/** The product's own origin counts as verified, including over http and on loopback. */
export function refuseUnowned({ world }: Call, address: string): void {
  const url = URL.parse(address);
  if (url && world.mediaUrl !== null && url.origin === URL.parse(world.mediaUrl)?.origin) return;
  const isDomain = url?.protocol === "https:" && isIP(url.hostname.replace(/^\[|\]$/g, "")) === 0;
  if (!isDomain || (url.hostname !== VERIFIED_DOMAIN && !url.hostname.endsWith(`.${VERIFIED_DOMAIN}`)))
    throw new Refusal(PROBLEMS.notOwned);
}
