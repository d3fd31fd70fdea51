import type pg from "pg";

import { dropImpliedIssues } from "../../../contract/forms/parse.ts";
import type { Input } from "../../../contract/operation.ts";
import type { Post, PostDraft } from "../../../contract/operations/posts.ts";
import type { Issue } from "../../../model/errors.ts";
import { newId } from "../../../model/ids.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import { jsonb } from "../../db/jsonb.ts";
import { voidApproval } from "../../db/queries/post-approvals.ts";
import { relinkMedia, retargetPost, updatePost as storePost, type PostRow } from "../../db/queries/posts.ts";
import { requestApproval } from "../api-keys/policies.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { budgetsOf, charging, type Fees, release, reserve } from "./budgets.ts";
import { chooseAccounts } from "./choose-accounts.ts";
import { findIssues, refuseIssues, unknownSet } from "./find-issues.ts";
import { getPost } from "./get-post.ts";
import type { SetAccounts } from "./known-sets.ts";
import { loadAccounts, mediaOf } from "./load-stored-post.ts";
import { atInstants } from "./local-times.ts";
import { lockOwnPost } from "./lock-own-post.ts";
import { takePostingTime } from "./next-posting-time.ts";
import { planMedia, type MediaPlan } from "./plan-media.ts";
import { assertAllowed, resetForEdit } from "./post-actions.ts";
import { countContentAgainstLimit, enforceScheduledLimit } from "./post-limits.ts";
import { loadKnownMedia, storeMedia } from "./post-media.ts";

/** A stored post with the caller's changes in it. */
interface Changed {
  content: PostRow["content"];
  platforms: PostRow["platforms"];
  platformSetId: string;
  scheduledFor: Date | null;
  publishBy: Date | null;
  skipWhenPaused: boolean;
  spread: boolean;
}

/**
 * Edits a draft or scheduled post. The result is validated as a whole; a remaining platform keeps its platform post.
 */
export async function updatePost(
  services: Services,
  call: Call,
  id: string,
  draft: Pick<Input<unknown, unknown, PostDraft>, "body" | "issues">,
): Promise<Answer<{ post: Post; warnings: Issue[]; fees: Fees }>> {
  const given = atInstants(draft);
  return await write(services, call, async (tx) => {
    const post = await lockOwnPost(tx, call, id);
    assertAllowed(post, "edit");
    const { body, issues } = await takePostingTime(services, tx, call, given, {
      platformSetId: given.body.platformSetId ?? post.platform_set_id,
      platforms: given.body.platforms ?? post.platforms,
      postId: id,
    });
    const changed = merge(post, body);
    const known = await loadKnownMedia(services, tx, call, changed.content, await mediaOf(tx, call, id));
    const plan = planMedia(changed.content, [], known);
    const chosen = await chooseAccounts(tx, call, { id, platformSetId: changed.platformSetId }, body.accountIds ?? []);
    const { accounts, replaced } = await loadAccounts(tx, call, id, changed.platformSetId);
    if (post.status !== "scheduled" && changed.scheduledFor !== null) await enforceScheduledLimit(services, tx, call);
    const warnings = refuseInvalidChange(services, call, { changed, plan, accounts, replaced }, [...issues, ...chosen]);
    const wasDecided = (await voidApproval.run(tx, [id, call.userId, call.mode])) > 0;
    const fees = await store(services, call, tx, post, { changed, plan, accounts: accounts ?? {} });
    const approvals = await requestApproval(services, tx, call, id, { wasDecided });
    const answer = await getPost(services, call, id, tx);
    return { ...answer, body: { ...answer.body, warnings: [...warnings, ...approvals], fees } };
  });
}

/** Members of `content` that are given replace those stored as a whole. */
function merge(post: PostRow, body: PostDraft): Changed {
  const { text, media, linkUrl, platformOverrides } = body.content ?? {};
  return {
    content: {
      text: text ?? post.content.text,
      media: media === undefined ? post.content.media : (media ?? []),
      linkUrl: linkUrl === undefined ? post.content.linkUrl : linkUrl,
      platformOverrides: platformOverrides === undefined ? post.content.platformOverrides : (platformOverrides ?? {}),
    },
    platforms: body.platforms ?? post.platforms,
    platformSetId: body.platformSetId ?? post.platform_set_id,
    scheduledFor: changedTime(post.scheduled_for, body.scheduledFor),
    publishBy: changedTime(post.publish_by, body.publishBy),
    skipWhenPaused: body.onPause === undefined ? post.skip_when_paused : body.onPause === "skip",
    spread: body.spread === true,
  };
}

function changedTime(stored: Date | null, given: string | null | undefined): Date | null {
  if (given === undefined) return stored;
  return given === null ? null : new Date(given);
}

/** Throws with every issue; returns the warnings. */
function refuseInvalidChange(
  services: Services,
  call: Call,
  {
    changed,
    plan,
    accounts,
    replaced,
  }: { changed: Changed; plan: MediaPlan; accounts: SetAccounts | null; replaced: readonly PlatformName[] },
  formIssues: readonly Issue[],
): Issue[] {
  const { platforms, platformSetId, scheduledFor, publishBy } = changed;
  const before = [
    ...formIssues,
    ...(accounts === null ? [unknownSet(platformSetId)] : []),
    ...dropImpliedIssues(formIssues, plan.issues),
  ];
  const { issues, warnings } = findIssues(
    services,
    {
      ...plan,
      platforms,
      scheduledFor: scheduledFor?.toISOString() ?? null,
      publishBy: publishBy?.toISOString() ?? null,
      accounts,
      replaced,
      by: call,
    },
    before,
  );
  refuseIssues(issues);
  return warnings;
}

async function store(
  services: Services,
  call: Call,
  tx: pg.PoolClient,
  post: PostRow,
  { changed, plan, accounts }: { changed: Changed; plan: MediaPlan; accounts: SetAccounts },
): Promise<Fees> {
  const { platforms, platformSetId, publishBy, skipWhenPaused } = changed;
  const { content, links } = await storeMedia(services, call, tx, plan, []);
  const status = changed.scheduledFor === null ? "draft" : "scheduled";
  const parts = platforms.map((platform) => ({ id: newId(), platform, account_id: accounts[platform]?.id ?? null }));
  await countContentAgainstLimit(services, tx, call, Buffer.byteLength(jsonb(content)));
  await retargetPost.run(tx, [post.id, call.userId, call.mode, jsonb(parts), platformSetId === post.platform_set_id]);
  const { scheduledFor, fees } = await reserveChanged(services, call, tx, post, { changed, plan, accounts });
  await storePost.run(tx, [
    post.id,
    call.userId,
    call.mode,
    platformSetId,
    status,
    content,
    platforms,
    scheduledFor,
    publishBy,
    skipWhenPaused,
  ]);
  await relinkMedia.run(tx, [post.id, call.userId, jsonb(links.map(({ path, row }) => ({ path, media_id: row.id })))]);
  await resetForEdit(tx, post, scheduledFor);
  return fees;
}

/**
 * What the post uses from now on, at its time or, with `spread`, the next that is free. Its uses are locked after the
 * budgets, as by the engine; so a platform that it no longer goes to has its platform post until then.
 */
async function reserveChanged(
  services: Services,
  call: Call,
  tx: pg.PoolClient,
  post: PostRow,
  { changed, plan, accounts }: { changed: Changed; plan: MediaPlan; accounts: SetAccounts },
): Promise<{ scheduledFor: Date | null; fees: Fees }> {
  const { platforms, scheduledFor, publishBy, spread } = changed;
  const used = scheduledFor === null ? charging(services, platforms) : platforms;
  const held = [...new Set([...post.platforms, ...platforms])];
  const { uses, fees } = budgetsOf(services, call, { ...plan, platforms: used, accounts });
  if (scheduledFor === null) {
    if (post.status === "scheduled") await release(tx, call, { id: post.id, platforms: held });
    return { scheduledFor, fees };
  }
  const wanted = { at: scheduledFor, path: "/scheduledFor", spread, until: publishBy };
  return { scheduledFor: await reserve(tx, call, { id: post.id, platforms: held }, uses, wanted), fees };
}
