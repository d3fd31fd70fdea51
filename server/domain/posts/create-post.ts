import { dropImpliedIssues } from "../../../contract/forms/parse.ts";
import type { Input } from "../../../contract/operation.ts";
import type { Post, PostDraft } from "../../../contract/operations/posts.ts";
import { type Issue, PublicError } from "../../../model/errors.ts";
import { newId } from "../../../model/ids.ts";
import { quotasIn } from "../../../model/plans.ts";
import { jsonb } from "../../db/jsonb.ts";
import type { BudgetChecks } from "../../db/queries/budgets.ts";
import {
  insertCountedInSet,
  insertDraftInSet,
  insertKeyedInSet,
  insertPost,
  insertReservedInSet,
  insertReservedPost,
  insertScheduledInSet,
  insertWholePost,
  type NewPlatformPost,
  type NewPostParams,
  type PostRow,
} from "../../db/queries/posts.ts";
import { type Db, transaction } from "../../db/sql.ts";
import { enforceStorageQuota } from "../../media/storage-quota.ts";
import { checksAt, NO_CHECKS } from "../../publishing/budgets.ts";
import { countAgainstPolicies, requestApproval, wantsApproval } from "../api-keys/policies.ts";
import type { Answer, Call } from "../call.ts";
import { storedOf, write } from "../idempotency.ts";
import { countUploadsAgainstQuota, sizeOf } from "../media/upload.ts";
import type { Services } from "../services.ts";
import { budgetsOf, charging, type Fees, findTime, type PartUse, partUses, type Wanted } from "./budgets.ts";
import { findIssues, refuseIssues, unknownSet } from "./find-issues.ts";
import type { KnownSet, SetAccounts } from "./known-sets.ts";
import { atInstants } from "./local-times.ts";
import { takePostingTime } from "./next-posting-time.ts";
import { planMedia, type MediaPlan } from "./plan-media.ts";
import { firstActionAt, notifyIfDue } from "./post-actions.ts";
import {
  countContentAgainstLimit,
  countPostAgainstLimit,
  countPostAgainstQuota,
  enforceScheduledLimit,
} from "./post-limits.ts";
import { loadKnownMedia, storeMedia, type StoredLink } from "./post-media.ts";
import { toPostAnswer } from "./to-post.ts";

/** A post that passed validation. */
interface ReadyPost {
  plan: MediaPlan;
  platforms: PostRow["platforms"];
  platformSetId: string;
  scheduledFor: Date | null;
  publishBy: Date | null;
  skipWhenPaused: boolean;
  spread: boolean;
  accounts: SetAccounts;
  warnings: Issue[];
}

type Created = Answer<{ post: Post; warnings: Issue[]; fees: Fees }>;

/**
 * Creates a draft, or a scheduled post if a time is given. Reports every issue of format and content together.
 * `toWarning` rewrites warnings for a caller whose body has another format, before they are stored for repeats.
 */
export async function createPost(
  services: Services,
  call: Call,
  draft: Pick<Input<unknown, unknown, PostDraft>, "body" | "issues">,
  toWarning: (warning: Issue) => Issue = (warning) => warning,
): Promise<Created> {
  const given = atInstants(draft);
  const { platformSetId = "", nextPostingTime = false } = given.body;
  const prepare = async (db: Db, { body, issues }: typeof given, known?: KnownSet) => {
    const prepared = await prepareDraft(services, db, call, body, issues, known);
    return { ...prepared, warnings: prepared.warnings.map(toWarning) };
  };
  const limits = await services.limitsOf(call.userId, call.mode);
  const quotas = await quotasIn(services.planOf, call);
  const isLimited =
    limits.postsPerDay !== null ||
    limits.maxScheduledPosts !== null ||
    limits.contentBytesPerDay !== null ||
    (call.policies !== null && (call.policies.postsPerDay !== null || call.policies.approvalRequired === true));
  const isDraft = !nextPostingTime && given.body.scheduledFor === undefined;
  const isCountedAlong = isDraft && call.claim === null;
  // If nothing else is counted or awaited, a set that this process knows is checked by the statement that stores the
  // post.
  const known = services.knownSets.find(call, platformSetId);
  if (
    known !== undefined &&
    !nextPostingTime &&
    !isLimited &&
    (isDraft || quotas.maxScheduledPosts === null) &&
    (isCountedAlong || quotas.postsPerMonth === null)
  ) {
    // What is refused is judged again by the set as it is now.
    const ready = await prepare(services.pool, given, known).catch((error: unknown) => {
      if (error instanceof PublicError) return null;
      throw error;
    });
    const answer = ready && (await insertInSet(services, call, ready, known, quotas.postsPerMonth));
    if (answer !== null) return answer;
  }
  // A posting time is taken in the transaction that stores the post.
  const prepared = nextPostingTime ? null : await prepare(services.pool, given);
  const isScheduled = prepared === null || prepared.scheduledFor !== null;
  const isCounted = isLimited || quotas.postsPerMonth !== null || (isScheduled && quotas.maxScheduledPosts !== null);
  // Without media, a claim, a count and an approval to wait for, this is one statement, which is its own transaction.
  if (prepared !== null && call.claim === null && !isCounted && prepared.plan.links.length === 0) {
    const stored = await storeMedia(services, call, services.pool, prepared.plan, []);
    return await insert(services, call, services.pool, { ...prepared, stored });
  }
  return await write(services, call, async (tx) => {
    const ready = prepared ?? (await prepare(tx, await takePostingTime(services, tx, call, given, given.body)));
    await countAgainstPolicies(tx, call);
    await countPostAgainstLimit(services, tx, call);
    if (isScheduled) await enforceScheduledLimit(services, tx, call);
    const stored = await storeMedia(services, call, tx, ready.plan, call.uploads);
    await countContentAgainstLimit(services, tx, call, Buffer.byteLength(jsonb(stored.content)));
    if (call.uploads.length > 0) await enforceStorageQuota(tx, services, call, sizeOf(call.uploads));
    // Everything that locks the user's row comes before this locks budgets, as in `updatePost`.
    const answer = await insert(services, call, tx, { ...ready, stored });
    // Last, since all that a user creates waits for it.
    if (call.uploads.length > 0) await countUploadsAgainstQuota(services, tx, call, call.uploads.length);
    await countPostAgainstQuota(services, tx, call, answer.body.post.id);
    return answer;
  });
}

async function prepareDraft(
  services: Services,
  db: Db,
  call: Call,
  draft: PostDraft,
  formIssues: readonly Issue[],
  known?: KnownSet,
): Promise<ReadyPost> {
  const { platformSetId, platforms = [], scheduledFor = null, publishBy = null } = draft;
  const set = known ?? (platformSetId === undefined ? null : await services.knownSets.load(db, call, platformSetId));
  const accounts = set?.accounts ?? null;
  const plan = planMedia(draft.content, call.uploads, await loadKnownMedia(services, db, call, draft.content));
  const setIssues = platformSetId !== undefined && accounts === null ? [unknownSet(platformSetId)] : [];
  const { issues, warnings } = findIssues(
    services,
    { ...plan, platforms, scheduledFor, publishBy, accounts, by: call },
    [...formIssues, ...setIssues, ...dropImpliedIssues(formIssues, plan.issues)],
  );
  refuseIssues(issues);
  if (platformSetId === undefined || accounts === null)
    throw new Error("A post without a platform set was found right");
  return {
    plan,
    platforms,
    platformSetId,
    scheduledFor: toDate(scheduledFor),
    publishBy: toDate(publishBy),
    skipWhenPaused: draft.onPause === "skip",
    spread: draft.spread === true,
    accounts,
    warnings,
  };
}

type StoredPost = ReadyPost & { stored: Awaited<ReturnType<typeof storeMedia>> };

/** A new post: what is inserted, and the answer once it is. */
function compose(services: Services, call: Call, ready: StoredPost) {
  const { plan, stored, platforms, platformSetId, publishBy, skipWhenPaused, accounts, warnings } = ready;
  const id = newId();
  const { uses, fees } = budgetsOf(services, call, {
    ...plan,
    platforms: ready.scheduledFor === null ? charging(services, platforms) : platforms,
    accounts,
  });
  const parts = platforms.map((platform): NewPlatformPost => ({
    id: newId(),
    platform,
    account_id: accounts[platform]?.id ?? null,
  }));
  const status = ready.scheduledFor === null ? "draft" : "scheduled";
  return {
    id,
    uses,
    valuesAt: (scheduledFor: Date | null): Readonly<NewPostParams> => [
      id,
      call.userId,
      call.mode,
      platformSetId,
      status,
      stored.content,
      platforms,
      scheduledFor,
      parts.map((part) => part.id),
      platforms,
      parts.map((part) => part.account_id),
      scheduledFor === null ? null : firstActionAt(scheduledFor),
      publishBy,
      skipWhenPaused,
    ],
    answerTo(row: InsertedRow, scheduledFor: Date | null, more: readonly Issue[]): Created {
      const answer = toPostAnswer(services.settings, {
        ...row,
        id,
        user_id: call.userId,
        mode: call.mode,
        platform_set_id: platformSetId,
        status,
        content: stored.content,
        platforms: [...platforms],
        scheduled_for: scheduledFor,
        publish_by: publishBy,
        skip_when_paused: skipWhenPaused,
        published_at: null,
        platform_posts: parts.map(newPart),
        media: stored.links.map(shownLink),
        needs_approval: wantsApproval(call),
        approved_at: null,
        sent_back_reason: null,
      });
      return { ...answer, body: { ...answer.body, warnings: [...warnings, ...more], fees } };
    },
  };
}

/**
 * In one statement, along with the response for an Idempotency-Key or the month's count. Null, with nothing inserted, if
 * it takes more than that, the set is no longer as it is known, or the key no longer claimed.
 */
async function insertInSet(
  services: Services,
  call: Call,
  ready: ReadyPost,
  { versions }: KnownSet,
  postsPerMonth: number | null,
): Promise<Created | null> {
  const { scheduledFor, plan } = ready;
  if (plan.links.length > 0 || (call.claim !== null && call.claim.owner.kind !== "user")) return null;
  const { id, uses, valuesAt, answerTo } = compose(services, call, {
    ...ready,
    stored: { content: plan.content, links: [] },
  });
  const isReserved = scheduledFor !== null && uses.length > 0;
  if (isReserved && call.claim !== null) return null;
  const { pool } = services;
  const more = await requestApproval(services, pool, call, id);
  const values = [...valuesAt(scheduledFor), versions] as const;
  const { claim } = call;
  // What is stored for a key depends on no time of the row.
  const kept = () => storedOf(answerTo({ created_at: new Date(), updated_at: new Date(), revision: 1 }, null, more));
  const row = await (claim !== null
    ? insertKeyedInSet.one(pool, [...values, claim.key, claim.id, claim.status, ...kept()])
    : isReserved
      ? insertReservedInSet.one(pool, [...values, ...checksAt(uses, scheduledFor), ...partUses(uses)])
      : postsPerMonth !== null
        ? insertCountedInSet.one(pool, [...values, postsPerMonth])
        : (scheduledFor === null ? insertDraftInSet : insertScheduledInSet).one(pool, values));
  if (row === undefined) return null;
  notifyIfDue(pool, scheduledFor);
  return answerTo(row, scheduledFor, more);
}

async function insert(services: Services, call: Call, db: Db, ready: StoredPost): Promise<Created> {
  const { id, uses, valuesAt, answerTo } = compose(services, call, ready);
  const links = ready.stored.links.map(({ path, row }) => ({ path, media_id: row.id }));
  const { scheduledFor, ...row } =
    ready.scheduledFor === null || uses.length === 0
      ? { scheduledFor: ready.scheduledFor, ...(await insertUnreserved(db, valuesAt(ready.scheduledFor), links)) }
      : await insertReserved(services, db, {
          uses,
          wanted: { at: ready.scheduledFor, path: "/scheduledFor", spread: ready.spread, until: ready.publishBy },
          valuesAt,
          links,
        });
  notifyIfDue(db, scheduledFor);
  return answerTo(row, scheduledFor, await requestApproval(services, db, call, id));
}

type InsertedRow = Pick<PostRow, "created_at" | "updated_at" | "revision">;
type Links = { path: string; media_id: string }[];

async function insertUnreserved(db: Db, values: Readonly<NewPostParams>, links: Links): Promise<InsertedRow> {
  const [, , , , status] = values;
  const row =
    links.length === 0 && status === "draft"
      ? await insertPost.one(db, values)
      : await insertWholePost.one(db, [...values, jsonb(links)]);
  if (row === undefined) throw new Error("The post was not stored");
  return row;
}

/**
 * In one statement if there is certainly room in the post's budgets at its time. Otherwise they are looked at closely,
 * while they are locked.
 */
async function insertReserved(
  services: Pick<Services, "pool">,
  db: Db,
  post: {
    uses: readonly PartUse[];
    wanted: Wanted;
    valuesAt(scheduledFor: Date): Readonly<NewPostParams>;
    links: Links;
  },
): Promise<InsertedRow & { scheduledFor: Date }> {
  const { uses, wanted, valuesAt, links } = post;
  const insertAt = async (at: Date, checks: BudgetChecks) =>
    await insertReservedPost.one(db, [...valuesAt(at), jsonb(links), ...checks, ...partUses(uses)]);
  const row = await insertAt(wanted.at, checksAt(uses, wanted.at));
  if (row !== undefined) return { ...row, scheduledFor: wanted.at };
  if (db === services.pool) return await transaction(services.pool, (tx) => insertReserved(services, tx, post));
  const at = await findTime(db, uses, wanted, null);
  const later = await insertAt(at, NO_CHECKS);
  if (later === undefined) throw new Error("The post was not stored");
  return { ...later, scheduledFor: at };
}

function toDate(time: string | null): Date | null {
  return time === null ? null : new Date(time);
}

function newPart({ id, platform, account_id }: NewPlatformPost) {
  return {
    id,
    platform,
    account_id,
    status: "pending" as const,
    platform_post_id: null,
    published_url: null,
    parts: [],
    published_at: null,
    attempt_count: 0,
    next_attempt_at: null,
    error: null,
    warnings: [],
  };
}

function shownLink({ path, row }: StoredLink) {
  return {
    path,
    media_id: row.id,
    filename: row.filename,
    facts: row.facts,
    source_url: row.source_url,
    status: row.status,
    error: row.error,
  };
}
