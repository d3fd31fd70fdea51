import type { HttpAnswer } from "../kit/http.ts";
import { earliestDate, searchedDates } from "../kit/search.ts";
import { composed, MAX_COUNTED_UNITS } from "../kit/text.ts";
import { findUrls } from "../kit/urls.ts";
import type { OpenIntent, StepContext, Verdict } from "../platform.ts";
import { API, bearer, readX, seconds } from "./api.ts";
import { doneOf, namesOf, parentOf, partsOf, settingsOf, type Part } from "./content.ts";
import { timeline, type ListedPost } from "./wire.ts";

/**
 * Checks the outcome of a creating request with the account's timeline, the only evidence, and only if the post is in
 * it. Every post read there is billed, so the window is narrow and the pages are few. Source: X docs, timelines,
 * 2026-08-22.
 */
export async function reconcile(context: StepContext, intent: OpenIntent): Promise<Verdict> {
  const part = partsOf(context.content).find((candidate) => namesOf(candidate).post === intent.step);
  if (part === undefined) return { verdict: "cannot_tell", reason: `The post has no step ${intent.step}.` };
  const { posts, complete } = await readTimeline(context, intent);
  const hits = posts.filter((post) => !intent.accountedIds.has(post.id) && isThisOne(post, part, context));
  const [hit] = hits;
  if (hits.length > 1) return { verdict: "cannot_tell", reason: "Several posts on the account match this one." };
  if (hit !== undefined && intent.hasTwin)
    return { verdict: "cannot_tell", reason: "The account has one matching post, but two were sent." };
  if (hit !== undefined) return { verdict: "published", ...doneOf(context, part, hit.id) };
  if (!complete)
    return { verdict: "cannot_tell", reason: "The account has published too many posts since then to find this one." };
  return { verdict: "not_listed", reason: "The account's timeline does not have it." };
}

const PAGES = 5;
const FIELDS = "created_at,conversation_id,referenced_tweets,attachments,entities,note_tweet";
const NEW_FIELDS = "created_at,conversation_id,referenced_posts,attachments,entities,note_post";

async function readTimeline(
  context: StepContext,
  intent: OpenIntent,
): Promise<{ posts: ListedPost[]; complete: boolean }> {
  const posts: ListedPost[] = [];
  let next: string | null | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const answer = await readPage(context, intent, next ?? null);
    const { data, errors, meta } = readX(timeline, answer);
    if ((errors ?? null) !== null && (data ?? null) === null) throw new Error("X could not read the timeline");
    const earliest = earliestDate(intent, answer, 10);
    posts.push(
      ...(data ?? []).filter(({ created_at }) => typeof created_at !== "string" || Date.parse(created_at) >= earliest),
    );
    next = meta?.next_token;
    if (typeof next !== "string") return { posts, complete: true };
  }
  return { posts, complete: false };
}

/** The documentation and the specification name the fields differently; X says which it requires. */
async function readPage(context: StepContext, intent: OpenIntent, next: string | null): Promise<HttpAnswer> {
  const { since, until } = searchedDates(intent, context.now);
  const ask = (fields: Record<string, string>): Promise<HttpAnswer> =>
    context.http.send({
      method: "GET",
      url: `${API}/users/${context.account.platformAccountId}/tweets`,
      headers: bearer(context),
      query: {
        max_results: "20",
        start_time: seconds(since),
        end_time: until === null ? undefined : seconds(until),
        exclude: "retweets",
        ...fields,
        pagination_token: next ?? undefined,
      },
    });
  const answer = await ask({ "tweet.fields": FIELDS });
  return answer.status === 400 && answer.text.includes("tweet.fields")
    ? await ask({ "post.fields": NEW_FIELDS })
    : answer;
}

function isThisOne(post: ListedPost, part: Part, context: StepContext): boolean {
  const references = post.referenced_tweets ?? post.referenced_posts ?? [];
  const listed: Shown = {
    parent: references.find(({ type }) => type === "replied_to")?.id ?? null,
    media: post.attachments?.media_keys?.length ?? 0,
    polls: post.attachments?.poll_ids?.length ?? 0,
    text: shownText(post),
  };
  return lookOf(listed) === lookOf(shownOf(context, part));
}

/** What tells a post from the others in the timeline. */
interface Shown {
  parent: string | null;
  media: number;
  polls: number;
  text: string;
}

export function shownOf(context: StepContext, part: Part): Shown {
  return {
    parent: parentOf(context, part),
    media: part.media.length,
    polls: part.number === 1 && settingsOf(context).poll !== undefined ? 1 : 0,
    text: part.text,
  };
}

/** The same for posts that may be the same. X may put mentions of the people replied to in front of a reply. */
export function lookOf({ parent, media, polls, text }: Shown): string {
  const shown = comparable(text);
  return JSON.stringify([parent, media, polls, parent === null ? shown : withoutMentions(shown)]);
}

/** As the author wrote it: links in full again, without the link to the post's own media. */
export function shownText(post: ListedPost): string {
  const long = post.note_tweet ?? post.note_post;
  const links = (long ?? post).entities?.urls ?? [];
  const meant = new Map(
    links.map(({ url, expanded_url, media_key }) => {
      const isOwnMedia = typeof media_key === "string" || OWN_MEDIA.test(expanded_url ?? "");
      return [url, isOwnMedia ? "" : (expanded_url ?? url).slice(0, MAX_URL_LENGTH)];
    }),
  );
  const text = (long?.text ?? post.text)
    .slice(0, MAX_COUNTED_UNITS)
    .replace(SHORTENED, (link) => meant.get(link) ?? link);
  const hasMedia = (post.attachments?.media_keys?.length ?? 0) > 0;
  const decoded = text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
  return hasMedia ? decoded.replace(/(?<!\s)\s*https:\/\/t\.co\/\w+\s*$/, "") : decoded;
}

/** How X writes every link; the original URLs are returned separately. */
const SHORTENED = /https:\/\/t\.co\/\w+/g;
const MAX_URL_LENGTH = 4096;
const OWN_MEDIA = /^https:\/\/(?:x|twitter)\.com\/[^/]+\/status\/\d+\/(?:photo|video)\/\d+$/;

/** X may add a scheme and a slash to a link, and trims whitespace around the text. */
export function comparable(text: string): string {
  const normal = composed(text);
  let result = "";
  let position = 0;
  for (const { start, end, url } of findUrls(normal)) {
    const [, host = "", rest = ""] = /^(?:https?:\/\/)?([^/?#]*)(.*)$/is.exec(url) ?? [];
    result += `${normal.slice(position, start)}${host.toLowerCase()}${rest.replace(/\/$/, "")}`;
    position = end;
  }
  return `${result}${normal.slice(position)}`.replace(/\r\n?/g, "\n").trim();
}

export function withoutMentions(text: string): string {
  return text.replace(/^(?:@\w{1,15}\s+)+/, "");
}
