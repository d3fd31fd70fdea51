import { readFile } from "node:fs/promises";

import type {
  CancelledInBatch,
  Client,
  MediaEntry,
  NewPost,
  Platform,
  Post,
  PostChanges,
  PostStatus,
  PostSummary,
} from "../../client/index.ts";
import { PLATFORM_NAMES } from "../../model/platform-names.ts";
import { answer } from "../answer.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import { type ClientOptions, readInput, withClient, usageError } from "./client-command.ts";
import { uploadFile } from "./media.ts";
import { coloured, columns, issueLines, plain, platformPostLines, postLines, statusOf } from "./show.ts";

/** A post as given on the command line. */
export interface DraftOptions extends ClientOptions {
  platforms?: Platform[];
  set?: string;
  media?: string[];
  mediaFor?: string[];
  link?: string;
  at?: string;
  timeZone?: string;
  nextPostingTime?: boolean;
  spread?: boolean;
  data?: string;
}

export type EditOptions = Omit<DraftOptions, "set" | "media" | "mediaFor" | "nextPostingTime">;

interface WaitingOptions extends ClientOptions {
  wait?: boolean;
}

export async function runCreatePost(
  text: string | undefined,
  options: DraftOptions & WaitingOptions & { publish?: boolean; idempotencyKey?: string },
): Promise<void> {
  if (options.wait && !options.publish) usageError("--wait requires --publish.");
  if (options.at !== undefined && options.publish) usageError("Use either --at or --publish, not both.");
  if (options.nextPostingTime && options.publish) usageError("Use either --next-posting-time or --publish, not both.");
  // One key for each write of the command, so that the whole command can be repeated.
  const keyed = (write: string) =>
    options.idempotencyKey === undefined ? {} : { idempotencyKey: `${options.idempotencyKey}${write}` };
  await withClient(options, async (client) => {
    const draft = await readDraft(client, text, options, (file, index) =>
      uploadFile(client, file, { ...options, ...keyed(`/media/${index}`) }),
    );
    const { post, warnings, fees } = await client.posts.create(draft, keyed(""));
    if (!options.json) for (const line of issueLines(warnings)) console.error(line);
    if (!options.publish) return answer(options, { post, warnings, fees }, postLines(post));
    const begun = await client.posts.publish(post.id, keyed("/publish")).catch((error: unknown) => {
      console.error(`The draft ${post.id} was created but not published.`);
      throw error;
    });
    await settle(client, begun, options);
  });
}

export async function runValidate(text: string | undefined, options: DraftOptions): Promise<void> {
  await withClient(options, async (client) => {
    const draft = await readDraft(client, text, options, async (file) =>
      usageError(`${file} is a local file. Upload it with \`ampost media upload\` and validate with its ID.`),
    );
    const verdict = await client.posts.validate(draft);
    const said = verdict.valid ? [coloured("green", "No problems found.")] : issueLines(verdict.issues);
    answer(options, verdict, [...said, ...issueLines(verdict.warnings)]);
    if (!verdict.valid) process.exitCode = EXIT_CODES.refused;
  });
}

export async function runListPosts(
  options: ClientOptions & {
    status?: PostStatus;
    platform?: Platform;
    search?: string;
    from?: string;
    to?: string;
    limit: number;
    cursor?: string;
    all?: boolean;
  },
): Promise<void> {
  const { status, platform, search, from, to, limit, cursor, all = false } = options;
  const filter = {
    ...(status && { status }),
    ...(platform && { platform }),
    ...(search && { search }),
    ...(from && { from }),
    ...(to && { to }),
  };
  await withClient(options, async (client) => {
    if (all) return await listAll(client, filter, options);
    const page = await client.posts.list({ ...filter, limit, ...(cursor && { cursor }) });
    const more =
      page.nextCursor === null
        ? []
        : [
            coloured(
              "dim",
              `${page.posts.length} of ${page.total}. ` +
                `Use --all for all, or --cursor ${page.nextCursor} for the next page`,
            ),
          ];
    answer(options, page, page.posts.length > 0 ? [...postRows(page.posts), ...more] : [NO_POSTS]);
  });
}

const NO_POSTS = "No posts found.";
/** One page of rows is aligned at a time. */
const LINES_AT_ONCE = 100;

/** Printed as they arrive, so that a reader who has seen enough can stop; JSON is one object. */
async function listAll(
  client: Client,
  filter: Parameters<Client["posts"]["iterate"]>[0],
  options: ClientOptions,
): Promise<void> {
  const posts: PostSummary[] = [];
  let areThereAny = false;
  for await (const post of client.posts.iterate(filter)) {
    areThereAny = true;
    posts.push(post);
    if (!options.json && posts.length === LINES_AT_ONCE) console.log(postRows(posts.splice(0)).join("\n"));
  }
  if (options.json || posts.length > 0 || !areThereAny)
    answer(options, { posts, total: posts.length, nextCursor: null }, areThereAny ? postRows(posts) : [NO_POSTS]);
}

function postRows(posts: readonly PostSummary[]): string[] {
  return columns(
    posts.map((post) => [
      post.id,
      post.status.padEnd(STATUS_WIDTH),
      post.scheduledFor ?? post.publishedAt ?? post.createdAt,
      post.platforms.join(","),
      plain(post.textPreview),
    ]),
  );
}

/** The time of `scheduled`, `published` or `discarded`. */
const STATUS_WIDTH = 9;

/** Changes what is given. `--at none` makes it a draft again. */
export async function runEditPost(id: string, text: string | undefined, options: EditOptions): Promise<void> {
  const { data, platforms, link, at, timeZone, spread } = options;
  if (text === "-" && data === "-") usageError("Only one of text and --data can come from standard input.");
  const given: PostChanges =
    data === undefined
      ? {}
      : parseData(data === "-" ? await readInput() : await readNamed(data), "PATCH /api/v1/posts/:id");
  const said = text === "-" ? await readInput() : text;
  const content = {
    ...given.content,
    ...(said !== undefined && { text: said }),
    ...(link !== undefined && { linkUrl: link === "none" ? null : link }),
  };
  const changes: PostChanges = {
    ...given,
    ...(Object.keys(content).length > 0 && { content }),
    ...(platforms !== undefined && { platforms }),
    ...(at !== undefined && { scheduledFor: at === "none" ? null : at }),
    ...(timeZone !== undefined && { timeZone }),
    ...(spread === true && { spread }),
  };
  if (Object.keys(changes).length === 0) usageError("Provide what to change: a text, an option, or --data.");
  await withClient(options, async (client) => {
    const { post, warnings, fees } = await client.posts.update(id, changes);
    if (!options.json) for (const line of issueLines(warnings)) console.error(line);
    answer(options, { post, warnings, fees }, postLines(post));
  });
}

export async function runGetPost(id: string, options: ClientOptions): Promise<void> {
  await withClient(options, async (client) => {
    const { post } = await client.posts.get(id);
    answer(options, { post }, postLines(post));
  });
}

export async function runPublishPost(id: string, options: WaitingOptions): Promise<void> {
  await withClient(options, async (client) => await settle(client, await client.posts.publish(id), options));
}

export async function runRetryPost(
  id: string,
  options: WaitingOptions & { platforms?: Platform[]; force?: boolean },
): Promise<void> {
  const what = { ...(options.platforms && { platforms: options.platforms }), ...(options.force && { force: true }) };
  await withClient(options, async (client) => await settle(client, await client.posts.retry(id, what), options));
}

export async function runCancelPosts(ids: readonly string[], options: ClientOptions): Promise<void> {
  const [id, ...others] = [...new Set(ids)];
  await withClient(options, async (client) => {
    if (id !== undefined && others.length === 0) {
      const { post } = await client.posts.cancel(id);
      answer(options, { post }, postLines(post));
      return;
    }
    const results: CancelledInBatch[] = [];
    for (const batch of inBatches([...new Set(ids)]))
      results.push(...(await client.posts.cancelMany({ ids: batch })).results);
    answer(
      options,
      { results },
      results.map(({ id, post, error }) =>
        error === null ? `${id}  ${statusOf(post?.status ?? "")}` : `${id}  ${coloured("red", plain(error.message))}`,
      ),
    );
    if (results.some(({ error }) => error !== null)) process.exitCode = EXIT_CODES.refused;
  });
}

/** The API cancels this many posts in one request. */
const BATCH_SIZE = 50;

function inBatches(ids: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / BATCH_SIZE) }, (_, index) =>
    ids.slice(index * BATCH_SIZE, (index + 1) * BATCH_SIZE),
  );
}

export async function runWatchPost(id: string, options: ClientOptions): Promise<void> {
  await withClient(options, async (client) => await watch(client, id, options));
}

export async function runListAttempts(id: string, options: ClientOptions): Promise<void> {
  await withClient(options, async (client) => {
    const { attempts } = await client.posts.attempts(id);
    const lines = attempts.flatMap(({ platform, attempt, step, verdict, startedAt, requests, readBackRequests }) => [
      `${startedAt}  ${platform}  attempt ${attempt}  ${step}  ${statusOf(verdict)}`,
      ...[...requests, ...readBackRequests].flatMap(
        ({ method, url, status, durationMilliseconds, failure, answer: response }) => [
          `  ${coloured("dim", `${method} ${plain(url)}  ${status ?? plain(failure ?? "")}  ${Math.round(durationMilliseconds)} ms`)}`,
          ...(status !== null && status >= 400 && response !== null ? [`    ${plain(response).slice(0, 500)}`] : []),
        ],
      ),
    ]);
    answer(options, { attempts }, lines.length > 0 ? lines : ["No attempts yet."]);
  });
}

/** Shows the post, or follows it until it is settled, if requested. */
async function settle(client: Client, { post }: { post: Post }, options: WaitingOptions): Promise<void> {
  if (options.wait) await watch(client, post.id, options);
  else answer(options, { post }, postLines(post));
}

/** Prints each change, as a line of JSON or for people, and exits according to the post's final status. */
async function watch(client: Client, id: string, options: ClientOptions): Promise<void> {
  const printed = new Map<string, string>();
  let last: Post | null = null;
  for await (const { post } of client.posts.events(id)) {
    if (options.json) console.log(JSON.stringify({ post }));
    else for (const line of changesOf(post, last, printed)) console.log(line);
    last = post;
  }
  if (last !== null && last.status !== "published") process.exitCode = EXIT_CODES.notPublished;
}

function changesOf(post: Post, last: Post | null, printed: Map<string, string>): string[] {
  const head = post.status === last?.status ? [] : [`${post.id}  ${statusOf(post.status)}`];
  const changed = post.platformPosts
    .map((platformPost) => ({ id: platformPost.id, lines: platformPostLines(platformPost) }))
    .filter(({ id, lines }) => printed.get(id) !== lines.join("\n"));
  for (const { id, lines } of changed) printed.set(id, lines.join("\n"));
  return [...head, ...changed.flatMap(({ lines }) => lines)];
}

/** The body of a create request, from a JSON file and the other options. */
async function readDraft(
  client: Client,
  text: string | undefined,
  options: DraftOptions,
  upload: (file: string, index: number) => Promise<string>,
): Promise<NewPost> {
  const { data, platforms, link, at, set } = options;
  if (text === "-" && data === "-") usageError("Only one of text and --data can come from standard input.");
  const given: Partial<NewPost> =
    data === undefined ? {} : parseData(data === "-" ? await readInput() : await readNamed(data));
  const said = text === "-" ? await readInput() : text;
  if (said === undefined && given.content === undefined && options.media === undefined)
    usageError("Provide the content: a text, - for standard input, --media, or --data with a JSON file.");
  if (platforms === undefined && given.platforms === undefined) usageError("Choose the platforms with --platforms.");
  const { media: common = [], mediaFor = [] } = options;
  const toEntry = async (each: string, index: number): Promise<MediaEntry> =>
    /^https?:\/\//i.test(each) ? { url: each } : { id: isId(each) ? each : await upload(each, index) };
  const media = await Promise.all(common.map(toEntry));
  const own = new Map<Platform, MediaEntry[]>();
  for (const [index, value] of mediaFor.entries()) {
    const [platform, file] = platformAndFile(value);
    own.set(platform, [...(own.get(platform) ?? []), await toEntry(file, common.length + index)]);
  }
  const overrides: Record<string, object | null> = { ...given.content?.platformOverrides };
  for (const [platform, entries] of own) overrides[platform] = { ...overrides[platform], media: entries };
  return {
    ...given,
    content: {
      ...given.content,
      text: said ?? given.content?.text ?? "",
      ...(media.length > 0 && { media: [...(given.content?.media ?? []), ...media] }),
      ...(link !== undefined && { linkUrl: link }),
      ...(mediaFor.length > 0 && { platformOverrides: overrides }),
    },
    platforms: platforms ?? given.platforms ?? [],
    platformSetId: set ?? given.platformSetId ?? (await defaultSet(client)),
    ...(at !== undefined && { scheduledFor: at }),
    ...(options.timeZone !== undefined && { timeZone: options.timeZone }),
    ...(options.nextPostingTime === true && { nextPostingTime: true }),
    ...(options.spread === true && { spread: true }),
  };
}

/** "youtube=film.mp4" */
function platformAndFile(value: string): [Platform, string] {
  const platform = PLATFORM_NAMES.find((name: string): name is Platform => value.startsWith(`${name}=`));
  return platform === undefined
    ? usageError(`--media-for ${value}: write PLATFORM=FILE, with one of ${PLATFORM_NAMES.join(", ")}.`)
    : [platform, value.slice(platform.length + 1)];
}

export async function readNamed(file: string): Promise<string> {
  return await readFile(file, "utf8").catch((error: unknown) =>
    usageError(
      `${file} cannot be read: ` +
        `${error instanceof Error && "code" in error && error.code === "ENOENT" ? "file not found" : String(error)}.`,
    ),
  );
}

function parseData(text: string, call = "POST /api/v1/posts"): Partial<NewPost> {
  const wrong = `--data must be a JSON object, as in the body of ${call}.`;
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return usageError(wrong);
  }
  const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject(given)) return usageError(wrong);
  const draft: Partial<NewPost> = Object(given);
  if (draft.content !== undefined && !isObject(draft.content))
    usageError(`\`content\` in --data must be an object, as in the body of ${call}.`);
  return draft;
}

export async function defaultSet(client: Client): Promise<string> {
  const { sets } = await client.platformSets.list();
  return (sets.find(({ isDefault }) => isDefault) ?? sets[0])?.id ?? "";
}

export function isId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
