import type { PlatformContent } from "../../model/post.ts";
import type { HttpAnswer } from "../kit/http.ts";
import {
  type Broker,
  type PublishMedia,
  type QuietStep,
  type Step,
  type StepContext,
  type StepDone,
  type VisibleStep,
} from "../platform.ts";
import { circumstancesOf, isGood, restRequest } from "./api.ts";
import { postBody } from "./content.ts";
import { chosenVersion, newerVersion, VERSION_SETTING } from "./deprecations.ts";
import { classify, duplicateOf, VERSION_STEP } from "./errors.ts";
import { awaitImages } from "./status.ts";
import { uploadImage, uploadVideo } from "./upload.ts";
import { postUrn } from "./wire.ts";

/**
 * LinkedIn publishes in one request, and a member's token cannot read posts. But LinkedIn rejects an exact duplicate
 * and names the first post: a request whose response was lost is settled by sending the same bytes again.
 */
export const broker: Broker = {
  steps,
  reconcile: async () => ({ verdict: "cannot_tell", reason: "LinkedIn does not allow members to read their posts." }),
  indexingLagSeconds: 0,
  identicalRepeat: {
    withinSeconds: 480,
    source:
      "LinkedIn docs, ugcPost API: an exact duplicate is refused for 10 minutes; " +
      "the refusal names the first post, as answers of the live service show, 2026",
  },
};

function steps(content: PlatformContent<PublishMedia>): Step[] {
  return [chooseVersion(), ...uploads(content.media), publish()];
}

function uploads(media: readonly PublishMedia[]): QuietStep[] {
  const [first] = media;
  if (first === undefined) return [];
  if (first.type === "video") return uploadVideo(first);
  return [...media.map(uploadImage), awaitImages(media)];
}

/**
 * The API version for the whole post: the operator's, or the newest known one if LinkedIn has retired that. Versions are
 * retired oldest first.
 */
function chooseVersion(): QuietStep {
  return {
    name: VERSION_STEP,
    effect: "read",
    async run({ checkpoint, environment }) {
      const retired = checkpoint[VERSION_STEP];
      if (typeof retired !== "string") return { done: { [VERSION_STEP]: chosenVersion(environment) } };
      const newer = newerVersion(retired);
      if (newer === null) return { done: { [VERSION_STEP]: retired } };
      return { done: { [VERSION_STEP]: newer }, replacedSetting: { name: VERSION_SETTING, value: retired, by: newer } };
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
  if (context.mayBeLive !== true) throw refusal;
  return { ...live(first), onDuplicateRemoteId: refusal };
}

function live(urn: string): StepDone {
  return {
    done: { urn },
    remoteId: urn,
    platformPostId: urn,
    publishedUrl: `https://www.linkedin.com/feed/update/${urn}/`,
  };
}
