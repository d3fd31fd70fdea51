import type { Issue } from "../model/errors.ts";
import type { PlatformName } from "../model/platform-names.ts";
import type { MediaEntry } from "../model/post.ts";
import type { Scheduling } from "../platforms/scheduling.ts";
import { validatePost, type PostToValidate } from "../platforms/validate/validate.ts";

const FILM = "https://cdn.example.com/launch.mp4";
const PHOTO: MediaEntry = {
  url: "https://cdn.example.com/photo.jpg",
  type: "image",
  mimeType: "image/jpeg",
  sizeBytes: 248_120,
  width: 1080,
  height: 1080,
};
const NOW = new Date("2026-12-01T00:00:00Z");

/** Common mistakes on every platform: no content, too much, the wrong type, a scheduled time. */
const MISTAKES: readonly PostToValidate[] = [
  { content: { text: "" } },
  { content: { text: "Too long. ".repeat(10_000), media: [PHOTO] } },
  { content: { text: "A film", media: [{ url: FILM, type: "video" }] } },
  {
    content: {
      text: "Both",
      media: [
        PHOTO,
        {
          url: FILM,
          type: "video",
          mimeType: "video/mp4",
          sizeBytes: 18_432_000,
          width: 1080,
          height: 1920,
          durationSeconds: 24,
        },
      ],
    },
  },
  { content: { text: "Later", media: [PHOTO] }, scheduledFor: "2026-12-24T18:00:00Z" },
];

/** Settings of other products that are rejected with their own message. */
const GATED: Readonly<Record<string, unknown>> = { authorType: "organization" };

/** A platform's issues for common mistakes, without duplicates. */
export function commonRefusals(
  platform: PlatformName,
  settings: readonly string[],
  { scheduling, signUp }: Scheduling,
): Issue[] {
  const gated = Object.entries(GATED).filter(([name]) => settings.includes(name));
  const mistakes = [
    ...MISTAKES,
    ...gated.map(([name, value]): PostToValidate => ({
      content: { text: "Hello", platformOverrides: { [platform]: { settings: { [name]: value } } } },
    })),
  ];
  const issues = mistakes.flatMap(
    (post) =>
      validatePost(
        { ...post, platforms: [platform] },
        { now: NOW, scheduling, isService: signUp === "open", forcePrivateUploads: false, accounts: null },
      ).issues,
  );
  return [...new Map(issues.map((issue) => [issue.message, issue])).values()];
}
