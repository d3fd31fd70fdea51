import { answering, CALLS, COMMON_ERRORS, COMMON_SWITCHES, errorNamed } from "../../../sandbox/meta/errors.ts";
import type { GraphError } from "../../../sandbox/meta/graph.ts";
import { pageIdOf } from "../../../sandbox/meta/pages.ts";
import type { Call, FaultSwitch, Operation, PlatformAnswer } from "../../../sandbox/platform.ts";
import { CODE_USED, exchangeError } from "./login.ts";
import { graph } from "./viewer.ts";

/**
 * Instagram's own errors. Source: Instagram Platform docs, error codes, 2026-06-02; client reports where noted.
 */
const OWN_ERRORS: readonly (GraphError & { name: string })[] = [
  {
    name: "-1/2207001",
    message: "Instagram server error. Try again.",
    code: -1,
    subcode: 2207001,
    transient: true,
    status: 500,
  },
  {
    name: "-2/2207003",
    message: "It takes too long to download the media.",
    code: -2,
    subcode: 2207003,
    transient: true,
  },
  {
    name: "36000/2207004",
    message: "The image size is too large.",
    code: 36000,
    subcode: 2207004,
    transient: false,
    title: "Image too large",
    userMessage: "The image is too large to download. It should be less than 8 MiB.",
  },
  {
    name: "36001/2207005",
    message: "The image format is not supported.",
    code: 36001,
    subcode: 2207005,
    transient: false,
    title: "Image format",
    userMessage: "Only JPEG images are supported.",
  },
  {
    name: "24/2207006",
    message: "The requested resource does not exist",
    code: 24,
    subcode: 2207006,
    transient: false,
    title: "Media Not Found",
    userMessage: "The media with this id cannot be found.",
  },
  {
    name: "24/2207008",
    message: "The requested resource does not exist",
    code: 24,
    subcode: 2207008,
    transient: true,
    title: "Media Builder Not Found",
    userMessage: "The media builder with this creation id does not exist or has expired.",
  },
  {
    name: "36003/2207009",
    message: "The aspect ratio is not supported.",
    code: 36003,
    subcode: 2207009,
    transient: false,
    title: "Invalid aspect ratio",
    userMessage: "The submitted image is not within the range of 4:5 to 1.91:1.",
  },
  {
    name: "36004/2207010",
    message: "The caption is too long.",
    code: 36004,
    subcode: 2207010,
    transient: false,
    title: "Caption too long",
    userMessage: "The caption can have at most 2,200 characters.",
  },
  {
    name: "-2/2207020",
    message: "The media you are trying to access has expired.",
    code: -2,
    subcode: 2207020,
    transient: false,
  },
  { name: "100/2207023", message: "The media type is unknown.", code: 100, subcode: 2207023, transient: false },
  {
    name: "352/2207026",
    message: "The video format is not supported.",
    code: 352,
    subcode: 2207026,
    transient: false,
    title: "Video format",
    userMessage: "Use an MP4 or MOV file.",
  },
  {
    name: "9007/2207027",
    message: "Media ID is not available",
    code: 9007,
    subcode: 2207027,
    transient: false,
    title: "Media not ready",
    userMessage: "The media is not ready for publishing, please wait for a moment.",
  },
  {
    name: "100/2207028",
    message: "The carousel does not have the right number of items.",
    code: 100,
    subcode: 2207028,
    transient: false,
    title: "Carousel",
    userMessage: "A carousel needs between 2 and 10 items.",
  },
  {
    name: "-1/2207032",
    message: "Create media fail, please try to re-create media",
    code: -1,
    subcode: 2207032,
    transient: true,
  },
  {
    name: "100/2207035",
    message: "Product tags are not supported here.",
    code: 100,
    subcode: 2207035,
    transient: false,
  },
  { name: "100/2207036", message: "Product tags need a position.", code: 100, subcode: 2207036, transient: false },
  { name: "100/2207037", message: "A product tag is not valid.", code: 100, subcode: 2207037, transient: false },
  { name: "100/2207040", message: "Cannot use more than 20 @ tags.", code: 100, subcode: 2207040, transient: false },
  {
    name: "9/2207042",
    message: "Application request limit reached",
    code: 9,
    subcode: 2207042,
    transient: false,
    title: "Publishing limit",
    userMessage: "The account has reached the maximum number of posts that may be published in 24 hours.",
  },
  { name: "25/2207050", message: "The account is restricted.", code: 25, subcode: 2207050, transient: false },
  {
    name: "4/2207051",
    message: "Application request limit reached",
    code: 4,
    subcode: 2207051,
    transient: false,
    title: "Action is blocked",
    userMessage: "We restrict certain activity to protect our community.",
  },
  {
    name: "9004/2207052",
    message: "Only photo or video can be accepted as media type.",
    code: 9004,
    subcode: 2207052,
    transient: false,
    title: "Media download has failed",
    userMessage: "The media could not be fetched from this URI.",
  },
  { name: "-1/2207053", message: "Unknown upload error", code: -1, subcode: 2207053, transient: true },
  { name: "1/2207057", message: "The thumbnail offset is out of range.", code: 1, subcode: 2207057, transient: false },
  {
    name: "100/2207067",
    message:
      "The VIDEO value for media_type is no longer supported. " +
      "Use the REELS media_type to publish a video to your Instagram feed.",
    code: 100,
    subcode: 2207067,
    transient: false,
  },
  {
    name: "INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID",
    message: "(#100) INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID",
    code: 100,
    transient: false,
  },
  {
    name: "80001",
    message: "(#80001) There have been too many calls to this Page account.",
    code: 80001,
    regainMinutes: 12,
  },
  { name: "9009", message: "The Instagram user is not available.", code: 9009 },
];

const ERRORS = [...OWN_ERRORS, ...COMMON_ERRORS];

/** One of the platform's errors, by its name in the table: `9007/2207027`. */
export function igError(name: string): GraphError {
  return errorNamed(ERRORS, name);
}

/** As when the account's request limit is exceeded: 12 minutes until requests are allowed again. */
export function callLimitReached(call: Call): PlatformAnswer {
  return graph.error(call, {
    message: "(#80002) There have been too many calls to this Instagram account. Wait a bit and try again.",
    code: 80002,
    regainMinutes: 12,
  });
}

const CREATE: readonly Operation[] = ["create"];
const MAKING: readonly Operation[] = ["create", "publish"];

export const SWITCHES: readonly FaultSwitch[] = [
  answering(
    graph,
    CREATE,
    { ...igError("9004/2207052"), name: "fetch-404", about: "The media URL cannot be fetched: 9004/2207052." },
    carriesMedia,
  ),
  answering(
    graph,
    CREATE,
    { ...igError("-2/2207003"), name: "fetch-timeout", about: "The media takes too long to fetch: -2/2207003." },
    carriesMedia,
  ),
  {
    name: "bad-format",
    operations: CREATE,
    about: "The format is rejected: 36001/2207005 for images, 352/2207026 for videos.",
    applies: carriesMedia,
    answer: (call) =>
      graph.error(call, igError(call.params["image_url"] === undefined ? "352/2207026" : "36001/2207005")),
  },
  {
    name: "processing-error-{n}",
    operations: ["create", "upload"],
    about:
      "The container ends as ERROR with this subcode in its status: `processing-error-2207076`, also 2207077, " +
      "2207081, 2207082.",
  },
  {
    name: "stuck-in-progress",
    operations: ["create", "upload", "status", "publish"],
    about: "The container stays IN_PROGRESS: `process_forever`.",
    as: "process_forever",
  },
  {
    name: "upload-interrupt-at-{n}",
    operations: ["upload"],
    about: "The connection drops after N bytes of the video, which are kept.",
    cuts: true,
  },
  ...COMMON_SWITCHES,
  answering(graph, MAKING, {
    ...igError("4/2207051"),
    name: "spam-2207051",
    about: "Held back as suspected spam: 4/2207051, not published.",
  }),
  {
    ...answering(graph, ["publish"], {
      ...igError("4/2207051"),
      name: "spam-2207051-but-live",
      about: "Published, but returns 4/2207051.",
    }),
    done: true,
  },
  {
    name: "quota-full",
    operations: ["publish", "read"],
    about: "The daily posts are used up: publishing fails with 9/2207042, and the quota shows it.",
    applies: (call) => call.operation === "publish" || call.path.endsWith("/content_publishing_limit"),
  },
  {
    name: "rate-80002",
    operations: CALLS,
    about: "Requests to the account are rate limited for 12 minutes: `rate_limit`, code 80002.",
    as: "rate_limit",
  },
  { name: "80002", operations: CALLS, about: "As rate-80002.", as: "rate_limit" },
  answering(graph, MAKING, {
    ...igError("25/2207050"),
    name: "restricted-2207050",
    about: "The account is restricted: 25/2207050.",
  }),
  answering(graph, MAKING, {
    ...igError("368/4854002"),
    name: "identity-4854002",
    about: "The linked Page must confirm its identity: 368/4854002.",
  }),
  answering(
    graph,
    ["read", "status"],
    {
      ...igError("100/33"),
      name: "permalink-100-33",
      about: "Reading a post or container by its id fails with 100/33.",
    },
    (call) => /^\/\d+$/.test(call.path),
  ),
  ...["100/33", "10"].map((name) =>
    answering(
      graph,
      ["read", "status"],
      {
        ...igError(name),
        name: `page-token-${name.replace("/", "-")}`,
        about: `With a Page's token, reading a container or the publishing limit fails with ${name}.`,
      },
      readsByPageToken,
    ),
  ),
  {
    name: "list-lag-{n}s",
    operations: ["publish"],
    about: "The post shows in the list of media and stories N seconds later.",
  },
  {
    name: "republish-accepts",
    operations: ["publish"],
    about: "A second publish of a container makes a duplicate.",
    applies: isPublished,
  },
  {
    name: "exchange-400",
    operations: ["token"],
    about: "The code is rejected, in the exchange's own format.",
    answer: () => exchangeError(CODE_USED),
  },
  ...ERRORS.map((error) => answering(graph, CALLS, error)),
];

/** Source: geoff-maddock/events-tracker#1900: it happens with a Page's token, and not with the person's. */
function readsByPageToken(call: Call): boolean {
  const token = call.world.identity.token("instagram", call.accessToken ?? "");
  const isRead = call.operation === "status" || call.path.endsWith("/content_publishing_limit");
  return isRead && token !== undefined && pageIdOf(token) !== undefined;
}

function carriesMedia(call: Call): boolean {
  return call.params["image_url"] !== undefined || call.params["video_url"] !== undefined;
}

function isPublished(call: Call): boolean {
  return (
    call.world.store.get(
      "SELECT 1 FROM instagram_containers WHERE id = ? AND published = 1",
      call.params["creation_id"] ?? "",
    ) !== undefined
  );
}
