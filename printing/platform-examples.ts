import type { PlatformName } from "../model/platform-names.ts";

/** A body of a create, as a platform's page shows it. All of them are judged valid, but for accounts that are not there. */
export interface PlatformExample {
  title: string;
  body: { content: Record<string, unknown>; platforms: PlatformName[]; scheduledFor?: string; platformSetId: string };
}

const SET = "01980b7a-6c00-7000-8000-000000000001";
const CDN = "https://cdn.example.com";

const film = {
  url: `${CDN}/launch.mp4`,
  type: "video",
  mimeType: "video/mp4",
  sizeBytes: 18_432_000,
  width: 1080,
  height: 1920,
  durationSeconds: 24,
};
const photo = {
  url: `${CDN}/product.jpg`,
  type: "image",
  mimeType: "image/jpeg",
  sizeBytes: 248_120,
  width: 1080,
  height: 1080,
};

function example(
  title: string,
  platform: PlatformName,
  content: Record<string, unknown>,
  settings?: Record<string, unknown>,
): PlatformExample {
  return {
    title,
    body: {
      content: { ...content, ...(settings === undefined ? {} : { platformOverrides: { [platform]: { settings } } }) },
      platforms: [platform],
      platformSetId: SET,
    },
  };
}

export const PLATFORM_EXAMPLES: Readonly<Partial<Record<PlatformName, readonly PlatformExample[]>>> = {
  instagram: [
    example("A carousel of an image and a video", "instagram", {
      text: "Behind the scenes.",
      media: [
        { ...photo, altText: "The workshop in the morning." },
        { ...film, height: 1350 },
      ],
    }),
    example("A story", "instagram", { text: "", media: [{ ...photo, height: 1920 }] }, { placement: "story" }),
    example(
      "A reel with its cover and a first comment",
      "instagram",
      { text: "Launch day.", media: [film] },
      { placement: "reel", thumbOffsetMs: 1500, firstComment: "Ask us anything." },
    ),
  ],
  facebook: [
    example("A link", "facebook", { text: "Our new release is out.", linkUrl: "https://example.com/release" }),
    example("A reel", "facebook", { text: "Launch day.", media: [film] }, { placement: "reel", title: "Launch day" }),
  ],
  twitter: [
    example(
      "A thread",
      "twitter",
      { text: "What changed in this release:" },
      { thread: [{ text: "1. It is faster." }, { text: "2. It looks better.", media: [photo] }] },
    ),
    example(
      "A poll",
      "twitter",
      { text: "Which do you prefer?" },
      { poll: { options: ["Light", "Dark"], durationMinutes: 1440 } },
    ),
  ],
  linkedin: [
    example(
      "A text that connections may see",
      "linkedin",
      { text: "We are hiring." },
      { visibility: "CONNECTIONS", isReshareDisabledByAuthor: true },
    ),
    example(
      "An article",
      "linkedin",
      { text: "Our new release is out.", linkUrl: "https://example.com/release" },
      { articleTitle: "Release 5", articleDescription: "What is new, and why." },
    ),
    example(
      "A video, with what LinkedIn needs to know of it",
      "linkedin",
      { text: "A short tour.", media: [{ ...film, width: 1920, height: 1080 }] },
      { videoTitle: "A short tour" },
    ),
  ],
  tiktok: [
    example(
      "A video that only the creator sees",
      "tiktok",
      { text: "Launch day.", media: [film] },
      { privacyLevel: "SELF_ONLY", disableComment: true },
    ),
    example(
      "Photos",
      "tiktok",
      { text: "Three days in pictures.", media: [photo, { ...photo, url: `${CDN}/team.jpg` }] },
      { privacyLevel: "PUBLIC_TO_EVERYONE", photoTitle: "Launch week" },
    ),
  ],
  youtube: [
    example(
      "A video with title and description",
      "youtube",
      { text: "", media: [{ ...film, width: 1920, height: 1080, thumbnailUrl: `${CDN}/launch-cover.jpg` }] },
      {
        title: "Launch walkthrough",
        description: "All that is new, in half a minute.",
        tags: ["launch", "demo"],
        categoryId: "28",
        privacyStatus: "unlisted",
        notifySubscribers: false,
        selfDeclaredMadeForKids: false,
        containsSyntheticMedia: false,
      },
    ),
  ],
  threads: [
    example(
      "A chain",
      "threads",
      { text: "What changed in this release:" },
      {
        thread: [{ text: "1. It is faster." }, { text: "2. It looks better." }],
        replyControl: "everyone",
        topicTag: "release notes",
      },
    ),
    example("A link", "threads", { text: "Our new release is out.", linkUrl: "https://example.com/release" }),
  ],
};
