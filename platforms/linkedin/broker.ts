import type { PlatformContent } from "../../model/post.ts";
import { firstComment, type Comments } from "../kit/first-comment.ts";
import type { HttpAnswer } from "../kit/http.ts";
import { coverOf } from "../kit/steps.ts";
import {
  type Broker,
  type PublishMedia,
  type QuietStep,
  type Step,
  type StepContext,
  type StepDone,
  type VisibleStep,
} from "../platform.ts";
import { callRest, circumstancesOf, isGood, restRequest, sendOrThrow } from "./api.ts";
import { authorOf, postBody } from "./content.ts";
import { chosenVersion, replacementOf, VERSION_SETTING } from "./deprecations.ts";
import { classify, duplicateOf, VERSION_STEP } from "./errors.ts";
import { scopes } from "./scopes.ts";
import { awaitImages } from "./status.ts";
import { uploadImage, uploadVideo } from "./upload.ts";
import { commentList, postUrn } from "./wire.ts";

/**
 * LinkedIn publishes in one request, and a member's token cannot read posts. But LinkedIn rejects an exact duplicate
 * and names the first post: a request whose response was lost is settled by sending the same bytes again.
 */
export const broker: Broker = {
  steps,
  reconcile: async () => ({ verdict: "cannot_tell", reason: "LinkedIn does not allow members to read their posts." }),
  found: (_context, _step, urn) => live(urn),
  secretCheckpoint: ["video-token"],
  indexingLagSeconds: 0,
  identicalRepeat: {
    withinSeconds: 480,
    source:
      "LinkedIn docs, ugcPost API: an exact duplicate is refused for 10 minutes; " +
      "the refusal names the first post, as answers of the live service show, 2026",
  },
};

function steps(content: PlatformContent<PublishMedia>): Step[] {
  return [
    chooseVersion(),
    ...uploads(content),
    publish(),
    ...firstComment(content, { label: "LinkedIn", scopes }, comments),
  ];
}

/** A member may comment, but reading comments needs `r_member_social`. Source: LinkedIn docs, comments API, 2026. */
const comments: Comments = {
  postOf: ({ checkpoint }) => (typeof checkpoint["urn"] === "string" ? checkpoint["urn"] : null),
  async list(context, urn) {
    const { elements } = await callRest(context, commentList, restRequest(context, "GET", commentsOf(urn)));
    return elements.map(({ message }) => message?.text ?? "");
  },
  add: (context, urn, text) =>
    sendOrThrow(
      context,
      restRequest(context, "POST", commentsOf(urn), { actor: authorOf(context), object: urn, message: { text } }),
    ),
};

function commentsOf(urn: string): string {
  return `socialActions/${encodeURIComponent(urn)}/comments`;
}

function uploads(content: PlatformContent<PublishMedia>): QuietStep[] {
  const { media } = content;
  const [first] = media;
  if (first === undefined) return [];
  if (first.type === "video") return uploadVideo(first, coverOf(content));
  return [...media.map(uploadImage), awaitImages(media)];
}

/**
 * The API version for the whole post: the operator's, or the newest known one if LinkedIn has retired that. Versions are
 * retired oldest first, and each time this runs again it chooses a newer one.
 */
function chooseVersion(): QuietStep {
  return {
    name: VERSION_STEP,
    effect: "read",
    async run({ checkpoint, environment }) {
      const retired = checkpoint[VERSION_STEP];
      if (typeof retired !== "string") return { done: { [VERSION_STEP]: chosenVersion(environment) } };
      const newer = replacementOf(retired, environment);
      if (newer === null) return { done: { [VERSION_STEP]: retired } };
      const done = { [VERSION_STEP]: newer };
      if (newer === chosenVersion(environment)) return { done };
      return { done, replacedSetting: { name: VERSION_SETTING, value: retired, by: newer } };
    },
  };
}

function publish(): VisibleStep {
  return {
    name: "publish",
    effect: "visible",
    request: (context) => restRequest(context, "POST", "posts", postBody(context)),
    accept,
  };
}

/** The id is in a header. A post that LinkedIn has taken without telling it is live all the same. */
function accept(answer: HttpAnswer, context: StepContext): StepDone {
  if (isGood(answer)) {
    const urn = postUrn.safeParse(answer.headers["x-restli-id"] ?? answer.headers["x-linkedin-id"]);
    if (urn.success) return live(urn.data);
    if (answer.status === 201) return { done: {}, remoteId: null };
    throw new Error(`LinkedIn returned ${answer.status} without an ID`);
  }
  const refusal = classify(answer, circumstancesOf(context));
  const first = duplicateOf(answer);
  if (first === null) throw refusal;
  if (context.mayBeLive !== true && !isJustCreated(first, answer)) throw refusal;
  return { ...live(first), onDuplicateRemoteId: refusal };
}

/** The longest time from a request to its response, with the fraction of a second that LinkedIn's clock leaves out. */
const UNDER_WAY_MILLISECONDS = 31_000;

/**
 * Whether the post was created while the request was under way, by LinkedIn's own clock: an intermediary has then
 * delivered the request twice. An ID begins with its time, which LinkedIn does not document: if it ever did not, this would
 * be a duplicate like any other.
 */
function isJustCreated(urn: string, { headers }: HttpAnswer): boolean {
  const id = urn.slice(urn.lastIndexOf(":") + 1);
  const createdAt = Number(BigInt(id) >> 22n);
  return Math.abs(Date.parse(headers.date ?? "") - createdAt) < UNDER_WAY_MILLISECONDS;
}

function live(urn: string): StepDone {
  return {
    done: { urn },
    remoteId: urn,
    platformPostId: urn,
    publishedUrl: `https://www.linkedin.com/feed/update/${urn}/`,
  };
}
