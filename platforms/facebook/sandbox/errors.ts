import { answering, CALLS, COMMON_ERRORS, COMMON_SWITCHES, errorNamed } from "../../../sandbox/meta/errors.ts";
import { Refusal, type GraphError } from "../../../sandbox/meta/graph.ts";
import type { Call, FaultSwitch, Operation, PlatformAnswer } from "../../../sandbox/platform.ts";
import { graph } from "./viewer.ts";

/**
 * Errors of publishing to Pages. Source: Graph API reference, photo, videos, feed; Reels guide; client reports; 2026.
 */
const abusive = (subcode: number, message: string): GraphError & { name: string } => ({
  name: `368/${subcode}`,
  message,
  code: 368,
  subcode,
  transient: false,
});
/** If the page gives a single number, it is the subcode of a bad parameter. */
const bad = (subcode: number, message: string): GraphError & { name: string } => ({
  name: String(subcode),
  message: `(#100) ${message}`,
  code: 100,
  subcode,
  transient: false,
});

const OWN_ERRORS: readonly (GraphError & { name: string })[] = [
  {
    name: "REVOKED_ACCESS_TOKEN",
    message: "REVOKED_ACCESS_TOKEN: The user has not authorized application.",
    code: 190,
    subcode: 458,
  },
  { name: "459", message: "User is checkpointed", code: 459 },
  { name: "490", message: "The session was refused", code: 490 },
  { name: "483", message: "The session is not valid", code: 483 },
  { name: "283", message: "(#283) Requires extended permission", code: 283 },
  { name: "no-video-permission", message: "(#100) No permission to publish the video", code: 100 },
  {
    name: "368/1404078",
    message: "Page Publishing Authorization is needed.",
    code: 368,
    subcode: 1404078,
    transient: false,
  },
  abusive(1390008, "It looks like you were misusing this feature by going too fast."),
  abusive(1404112, "Your account is limited for a few days."),
  abusive(1404082, "This content has been posted before."),
  abusive(1346003, "The content was reported as abusive."),
  abusive(1404102, "The content goes against the Community Standards."),
  abusive(1404006, "A security check is needed before commenting."),
  {
    name: "506/1455006",
    message: "Duplicate status message",
    code: 506,
    subcode: 1455006,
    type: "FacebookApiException",
    transient: false,
    title: "Duplicate status update",
    userMessage: "This status update is identical to the last one you posted.",
  },
  {
    name: "80001",
    message: "(#80001) There have been too many calls to this Page account. Wait a bit and try again.",
    code: 80001,
    regainMinutes: 19,
  },
  bad(1366046, "Photos should be smaller than 4 MB and saved as JPG or PNG."),
  bad(1366051, "These photos were already posted."),
  {
    name: "324/2069019",
    message: "(#324) Missing or invalid image file",
    code: 324,
    subcode: 2069019,
    transient: false,
  },
  { name: "2069019", message: "(#324) Missing or invalid image file", code: 324, subcode: 2069019, transient: false },
  { name: "324", message: "(#324) Requires upload file", code: 324 },
  bad(1609005, "The link could not be read."),
  bad(1609008, "Links to this address can't be posted."),
  bad(2061006, "The link is invalid."),
  { name: "1500", message: "(#1500) The url you supplied is invalid", code: 1500 },
  bad(1349125, "The content is missing or invalid."),
  { name: "197", message: "(#197) The post is empty. Please enter a message to share.", code: 197 },
  { name: "321", message: "(#321) Album is full", code: 321 },
  bad(1363040, "The aspect ratio is not supported. Use one between 16x9 and 9x16."),
  bad(1363127, "The resolution is too low. Use at least 540x960."),
  bad(1363128, "The duration is not supported. A reel takes 3 to 90 seconds."),
  bad(1363129, "The frame rate is not supported. Use 24 to 60 frames a second."),
  {
    name: "352",
    message: "(#352) Sorry, the video file you selected is in a format that we don't support.",
    code: 352,
  },
  { name: "382", message: "(#382) The video file you tried to upload is too small.", code: 382 },
  { name: "389", message: "(#389) Unable to fetch video file from URL.", code: 389 },
  {
    name: "6000",
    message: "(#6000) There was a problem uploading your video file. Please try again with another file.",
    code: 6000,
  },
  {
    name: "6001",
    message: "(#6001) There was a problem uploading your video. Please try again.",
    code: 6001,
    transient: true,
  },
  bad(1363019, "Video upload problem."),
  bad(1363021, "Video upload session problem."),
  bad(1363030, "Video upload timed out."),
  bad(1363033, "Video chunk problem."),
  bad(1363041, "Video session not found."),
  bad(1363037, "Wrong start offset."),
  {
    name: "1363047",
    message: "(#100) Video processing had a problem on our side.",
    code: 100,
    subcode: 1363047,
    transient: true,
  },
  {
    name: "1609010",
    message: "(#100) The post could not be made on our side.",
    code: 100,
    subcode: 1609010,
    transient: true,
  },
];

const ERRORS = [...OWN_ERRORS, ...COMMON_ERRORS];

/** One of the platform's errors, by its name in the table: `368/4854002`. */
export function fbError(name: string): GraphError {
  return errorNamed(ERRORS, name);
}

export function refusal(name: string): Refusal {
  return new Refusal(fbError(name));
}

/** As when the Page's request limit is exceeded: 19 minutes until requests are allowed again. */
export function callLimitReached(call: Call): PlatformAnswer {
  return graph.error(call, fbError("80001"));
}

const PUBLISH: readonly Operation[] = ["publish"];
const POSTING: readonly Operation[] = ["upload", "create", "publish"];

export const SWITCHES: readonly FaultSwitch[] = [
  named("identity-4854002", "368/4854002", "The person behind the Page must be confirmed: 368/4854002.", POSTING),
  named("ppa-1404078", "368/1404078", "Page Publishing Authorization is missing: 368/1404078.", POSTING),
  named("too-fast-1390008", "368/1390008", "Posting too fast: 368/1390008.", POSTING),
  named("duplicate-1404082", "368/1404082", "The same content was posted before: 368/1404082.", PUBLISH),
  {
    ...named(
      "duplicate-but-live",
      "506/1455006",
      "Published, as by an earlier request that arrives late, then 506/1455006.",
      PUBLISH,
    ),
    done: true,
  },
  {
    name: "rate-80001",
    operations: CALLS,
    about: "Requests to the Page are rate limited for 19 minutes: `rate_limit`.",
    as: "rate_limit",
  },
  named("role-492", "190/492", "The person has lost the role on the Page: 190/492.", CALLS),
  named("photo-1366046", "1366046", "The photo is too large or the wrong format.", ["upload", "publish"], (call) =>
    call.path.endsWith("/photos"),
  ),
  named("video-389", "389", "The video cannot be fetched from its URL.", ["upload", "publish"], (call) =>
    call.path.endsWith("/videos"),
  ),
  {
    name: "reel-processing-error",
    operations: ["upload", "publish"],
    about:
      "Processing the video fails: on an upload, finishing fails with 352; " +
      "on finishing, it succeeds and the video never goes live.",
  },
  {
    name: "upload-interrupt-at-{n}",
    operations: ["upload"],
    about: "The connection drops after N bytes of the video, which are kept.",
    applies: (call) => call.path.startsWith("/video-upload/") || call.path.startsWith("/upload:"),
    cuts: true,
  },
  ...COMMON_SWITCHES,
  { name: "feed-lag-{n}s", operations: PUBLISH, about: "The post shows in the Page's lists N seconds later." },
  {
    name: "publish-status-stuck",
    operations: PUBLISH,
    about: "Finishing a video is accepted, but it is never published: `process_forever`.",
    as: "process_forever",
  },
  ...ERRORS.map((error) => answering(graph, CALLS, error)),
];

function named(
  name: string,
  error: string,
  about: string,
  operations: readonly Operation[],
  applies?: FaultSwitch["applies"],
): FaultSwitch {
  return answering(graph, operations, { ...fbError(error), name, about }, applies);
}
