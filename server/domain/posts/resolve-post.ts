import { refusal } from "../../../contract/forms/parse.ts";
import type { Post } from "../../../contract/operations/posts.ts";
import { issueOf, PublicError } from "../../../model/errors.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { jsonb } from "../../db/jsonb.ts";
import { CHANNELS } from "../../db/listen.ts";
import { notify } from "../../db/notify.ts";
import { recordPostEvents } from "../../db/queries/outbox.ts";
import { setPostStatus } from "../../db/queries/post-actions.ts";
import { findTaken, holdResolved, resolveCommit } from "../../db/queries/resolve.ts";
import type { IntentEvidence } from "../../db/queries/work-rows.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { getPost } from "./get-post.ts";
import { lockOwnPost } from "./lock-own-post.ts";

/** What a person has found on the account. */
export interface Found {
  platform: PlatformName;
  isLive: boolean;
  publishedUrl?: string | undefined;
}

/**
 * Records whether a platform post with an unknown outcome is live. The engine settles it right after, as if it had read
 * it. A link of another post on the account is refused.
 */
export async function resolvePost(
  services: Services,
  call: Call,
  id: string,
  { platform, isLive, publishedUrl }: Found,
): Promise<Answer<{ post: Post }>> {
  return await write(services, call, async (tx) => {
    const post = await lockOwnPost(tx, call, id);
    const owner = [post.id, post.user_id, post.mode] as const;
    const held = await holdResolved.one(tx, [...owner, platform]);
    if (held?.status !== "unknown") throw notUnknown(platform, held?.status);
    const of = [held.id, call.userId, call.mode] as const;
    const link = isLive ? readLink(platform, publicUrl(services.settings.appUrl, publishedUrl)) : null;
    if (link !== null && (await findTaken.one(tx, [...of, link.id, link.tail])) !== undefined)
      throw wrongLink("posts.resolve.other", platform, publishedUrl, {
        message: "This is the link of another post.",
        fix: "Send the link of this post.",
      });
    const answered: IntentEvidence =
      link === null
        ? { answered: { isLive: false }, closed: "A person says that it is not there." }
        : { answered: { isLive: true, publishedUrl: link.url, id: link.id } };
    if ((await resolveCommit.one(tx, [...of, jsonb(answered), isLive])) === undefined)
      throw notUnknown(platform, held.status);
    await setPostStatus.run(tx, [...owner, post.status]);
    await recordPostEvents(tx, { userId: post.user_id, mode: post.mode, postId: post.id }, []);
    await recordAudit(tx, call, {
      userId: call.userId,
      mode: call.mode,
      action: "post.resolved",
      target: id,
      data: { platform, isLive, ...(link !== null && { publishedUrl: link.url }) },
    });
    notify(tx, CHANNELS.due);
    return await getPost(services, call, id, tx);
  });
}

/** A test post is opened at the sandbox: the link is that of the post it stands for. */
function publicUrl(appUrl: string, url: string | undefined): string | undefined {
  const prefix = `${appUrl}/sandbox/`;
  return url?.startsWith(prefix) === true ? `https://${url.slice(prefix.length)}` : url;
}

/** The link, its ID if it has one, and what identifies it without its host. */
function readLink(platform: PlatformName, given: string | undefined): { url: string; id: string | null; tail: string } {
  const {
    capabilities: { label },
    postLinks,
  } = catalog[platform];
  const fix = `Open the post on ${label} and copy its link.`;
  if (given === undefined)
    throw wrongLink("posts.resolve.link", platform, undefined, { message: "The link of the post is missing.", fix });
  const url = new URL(given);
  url.hash = "";
  const place = `${url.hostname}${url.pathname.replaceAll(/%3a/gi, ":")}${url.search}`;
  const match = (postLinks?.post ?? /./).exec(place);
  const isOfPlatform = postLinks === undefined || postLinks.hosts.includes(url.hostname);
  if (!isOfPlatform || match === null || url.pathname === "/")
    throw wrongLink("posts.resolve.link", platform, given, {
      message: `This is not a link to a post on ${label}.`,
      fix,
    });
  const id = match[1] ?? null;
  const path = withoutSlashes(url.pathname);
  const isInQuery = path.lastIndexOf("/") === 0 && url.search !== "";
  return { url: url.href, id, tail: isInQuery ? `${path}${url.search}` : path };
}

function withoutSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === "/") end -= 1;
  return path.slice(0, end);
}

function wrongLink(
  rule: string,
  platform: PlatformName,
  actual: string | undefined,
  { message, fix }: { message: string; fix: string },
): PublicError {
  return refusal([issueOf({ rule, platform, path: "/publishedUrl", message, actual: actual ?? null, fix })]);
}

function notUnknown(platform: PlatformName, status: string | undefined): PublicError {
  return new PublicError(
    "INVALID_STATUS_TRANSITION",
    status === undefined
      ? `The post does not target ${platform}.`
      : `The platform post for ${platform} is in status "${status}": only the outcome of an unknown one can be reported.`,
  );
}
