import { z } from "zod";

import { fieldsOf, pick } from "../../../sandbox/meta/fields.ts";
import { invalid, isFalse, parseJson, Refusal } from "../../../sandbox/meta/graph.ts";
import type { Call, PlatformAnswer, SandboxRoute } from "../../../sandbox/platform.ts";
import { fbError, refusal } from "./errors.ts";
import { photosFor, usePhoto } from "./photos.ts";
import { addPost, contentHandle, lastPost } from "./posts.ts";
import { postValues } from "./reads.ts";
import { publicationOf } from "./schedule.ts";
import { settingsOf } from "./settings.ts";
import { accountOf, graph, HOST, withPublisher, type PageViewer } from "./viewer.ts";

/** Text, link and multi-photo posts. Source: Pages API docs, posts, 2026-09-11; graph-api/reference/page/feed. */
export const FEED_ROUTES: readonly SandboxRoute[] = [
  {
    method: "POST",
    host: HOST,
    path: "/{page}/feed",
    operation: (call) =>
      isFalse(call.params, "published") && call.params["scheduled_publish_time"] === undefined ? "create" : "publish",
    post: (call) => ({
      accountId: accountOf(call),
      text: call.params["message"] ?? "",
      carriesText: true,
      handle: handleOf(call),
    }),
    run: withPublisher(create),
  },
];

const MESSAGE_MAX = 63_206;
const SCHEDULE_SECONDS = 30 * 86_400;
const PREVIEW = ["picture", "name", "description", "thumbnail"];

function handleOf(call: Call): string {
  const { message = "", link = "", attached_media: attached = "" } = call.params;
  const photos = Object.entries(call.params).filter(([name]) => name.startsWith("attached_media["));
  return contentHandle(accountOf(call), message, link, attached, photos);
}

function create(call: Call, viewer: PageViewer): PlatformAnswer {
  const { params } = call;
  const message = params["message"] ?? "";
  const link = params["link"] ?? null;
  const photos = photosFor(call, viewer, attachedIds(params));
  if (message.trim() === "" && link === null && photos.length === 0)
    throw invalid("Missing parameter: message or link");
  if ([...message].length > MESSAGE_MAX) throw invalid("The message is too long.");
  if (link !== null) validateLink(link);
  if (link === null && PREVIEW.some((name) => params[name] !== undefined))
    throw invalid("picture, name, description and thumbnail go with a link only.");
  if (params["tags"] !== undefined && params["place"] === undefined)
    throw invalid("tags cannot be specified without also specifying a place.");
  if (params["place"] !== undefined && !/^\d+$/.test(params["place"])) throw invalid("place must be the id of a Page.");
  validateLinks(params);
  const at = publicationOf(call, { mostSeconds: SCHEDULE_SECONDS });
  if (photos.length === 0 && at === call.now) validateRepeat(call, viewer, message, link);
  const post = addPost(call, viewer.page, {
    kind: photos.length > 1 ? "carousel" : photos.length === 1 ? "image" : link === null ? "text" : "link",
    message,
    link,
    at,
    video: null,
    media: photos.map((photo) => photo.media),
    settings: settingsOf(call, ["message"]),
    handle: handleOf(call),
  });
  for (const photo of photos) usePhoto(call, photo, "attached");
  return graph.answer(call, pick(fieldsOf(call), postValues(call, post)));
}

const Attached = z.object({ media_fbid: z.coerce.string().min(1) });

/** One list, or one form field per photo. */
function attachedIds(params: Call["params"]): string[] {
  const list = params["attached_media"] === undefined ? [] : parseJson("attached_media", params["attached_media"]);
  const single = Object.entries(params).flatMap(([name, value]) =>
    /^attached_media\[\d*\]$/.test(name) ? [parseJson(name, value)] : [],
  );
  const items = (Array.isArray(list) ? list : [list]).map((item: unknown) =>
    typeof item === "string" ? parseJson("attached_media", item) : item,
  );
  return [...items, ...single].map((item) => {
    const { data } = Attached.safeParse(item);
    if (!data) throw invalid("attached_media must be a list of {media_fbid}.");
    return data.media_fbid;
  });
}

/** Whether the URL works is not checked: the sandbox sends no requests to other machines. */
function validateLink(link: string): void {
  if (!URL.canParse(link) || !/^https?:$/.test(new URL(link).protocol)) throw refusal("1500");
  const { hostname } = new URL(link);
  if (/(^|\.)facebook\.com$/.test(hostname)) throw refusal("1609008");
  if (!hostname.includes(".") && hostname !== "localhost") throw refusal("1609005");
}

function validateLinks(params: Call["params"]): void {
  if (params["child_attachments"] === undefined) return;
  const { data } = z
    .array(z.object({ link: z.string() }))
    .safeParse(parseJson("child_attachments", params["child_attachments"]));
  if (!data || data.length < 2 || data.length > 5) throw invalid("child_attachments must hold 2 to 5 links.");
  if (params["link"] === undefined) throw invalid("child_attachments need a link.");
}

/** A text identical to the previous post's is rejected, whoever created that post. */
function validateRepeat(call: Call, viewer: PageViewer, message: string, link: string | null): void {
  const last = lastPost(call, viewer.page.id);
  if (last && last.media.length === 0 && last.message === message && last.link === link)
    throw new Refusal(fbError("506/1455006"));
}
