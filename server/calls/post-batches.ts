import type { z } from "zod";

import { parseInput, refusal } from "../../contract/forms/parse.ts";
import { docsOf } from "../../contract/issues.ts";
import type { RawInput } from "../../contract/operation.ts";
import { postsCancelMany, postsCreateMany, postsMoveMany } from "../../contract/operations/post-batches.ts";
import { type Post, postsCreate, postsValidate } from "../../contract/operations/posts.ts";
import { PublicError } from "../../model/errors.ts";
import type { Call } from "../domain/call.ts";
import { createPost } from "../domain/posts/create-post.ts";
import { discardPost } from "../domain/posts/discard-post.ts";
import { getPost } from "../domain/posts/get-post.ts";
import { summarize } from "../domain/posts/to-post.ts";
import { updatePost } from "../domain/posts/update-post.ts";
import { exceeded, validatePost } from "../domain/posts/validate-post.ts";
import type { Services } from "../domain/services.ts";
import { bind } from "./bind.ts";
import { perform } from "./perform.ts";
import { toRefusal } from "./refusals.ts";
import { revisionOf } from "./request-headers.ts";

type Created = z.output<typeof postsCreateMany.answer>["results"][number];
type Changed = z.output<typeof postsCancelMany.answer>["results"][number];
type BatchError = NonNullable<Created["error"]>;
type Outcome = Omit<Created, "idempotencyKey">;

const creating = bind(postsCreate, (services, call, input) => createPost(services, call, input));

/** Each post is created as by a request of its own with its key, or only validated. */
export const createMany = bind(postsCreateMany, async (services, call, { body }) => {
  const one = body.dryRun === true ? validator(services, call) : creator(services, call);
  const results: Created[] = [];
  for (const { idempotencyKey, ...draft } of body.posts) {
    const outcome = await one(idempotencyKey, { params: {}, query: {}, body: draft }).catch(
      (error: unknown): Outcome => ({ ...NOTHING, error: errorOf(services, call, error) }),
    );
    results.push({ idempotencyKey, ...outcome });
  }
  return {
    body: {
      results,
      created: results.filter(({ post, replayed }) => post !== null && !replayed).length,
      failed: results.filter(({ error }) => error !== null).length,
    },
  };
});

const NOTHING: Outcome = { replayed: false, warnings: [], post: null, error: null };

type CreateOne = (key: string, raw: RawInput) => Promise<Outcome>;

function creator(services: Services, call: Call): CreateOne {
  return async (key, raw) => {
    const done = await perform(services, creating, {
      call,
      raw,
      key,
      path: postsCreate.path,
      waiting: null,
      count: null,
    });
    const replayed = "stored" in done;
    const { post, warnings } = postsCreate.answer.parse(replayed ? done.stored.body : done.answer.body);
    return { ...NOTHING, replayed, warnings, post: summarize(post) };
  };
}

/** What earlier posts of the batch would use of the user's limits is not left for later ones. */
function validator(services: Services, call: Call): CreateOne {
  const used = new Map<string, number>();
  return async (_, raw) => {
    const { issues, warnings, quotas } = (await validatePost(services, call, parseInput(postsValidate, raw))).body;
    const needed = quotas.map((quota) => ({ ...quota, needed: quota.needed + (used.get(quota.name) ?? 0) }));
    const all =
      issues.length > 0 ? issues : needed.flatMap((quota) => exceeded(quota, "The posts up to this one need"));
    if (all.length > 0) throw refusal(all);
    for (const quota of needed) used.set(quota.name, quota.needed);
    return { ...NOTHING, warnings };
  };
}

/** Each post is discarded as by a request of its own. */
export const cancelMany = bind(postsCancelMany, async (services, call, { body }) => {
  const { results, changed, failed } = await changeEach(services, call, body.ids, (id) =>
    cancelOne(services, call, id, body.etags?.[id]),
  );
  return { body: { results, cancelled: changed, failed } };
});

/** Each post is updated as by a request of its own. */
export const moveMany = bind(postsMoveMany, async (services, call, { body: { ids, accountIds } }) => {
  const { results, changed, failed } = await changeEach(services, call, ids, async (id) => {
    const { body } = await updatePost(services, call, id, { body: { accountIds }, issues: [] });
    return body.post;
  });
  return { body: { results, moved: changed, failed } };
});

async function changeEach(
  services: Services,
  call: Call,
  ids: readonly string[],
  change: (id: string) => Promise<Post>,
): Promise<{ results: Changed[]; changed: number; failed: number }> {
  const results: Changed[] = [];
  for (const id of ids) {
    const outcome = await change(id).then(
      (post) => ({ post: summarize(post), error: null }),
      (error: unknown) => ({ post: null, error: errorOf(services, call, error) }),
    );
    results.push({ id, ...outcome });
  }
  const failed = results.filter(({ error }) => error !== null).length;
  return { results, changed: results.length - failed, failed };
}

/** One that is discarded already is what the caller wants, perhaps in an earlier request. */
async function cancelOne(services: Services, call: Call, id: string, etag: string | undefined): Promise<Post> {
  try {
    return (await discardPost(services, { ...call, ifRevision: revisionOf(etag) }, id)).body.post;
  } catch (error) {
    if (!(error instanceof PublicError) || error.code !== "INVALID_STATUS_TRANSITION") throw error;
    const { post } = (await getPost(services, call, id)).body;
    if (post.status !== "discarded") throw error;
    return post;
  }
}

function errorOf({ log, settings }: Services, { requestId }: Call, error: unknown): BatchError {
  const { code, message, issues } = toRefusal(error);
  if (code === "INTERNAL_ERROR") log.error({ err: error, requestId }, "a post of a batch failed");
  return { code, docs: docsOf(settings.appUrl, code), message, issues };
}
