import { PUBLIC_CODES, type Issue, type PublicCode } from "../../model/errors.ts";
import type { MediaEntry } from "../../model/post.ts";
import { EXAMPLE_PLATFORM, EXAMPLE_PLATFORMS } from "../../platforms/catalog.ts";
import { validatePost, type PostToValidate } from "../../platforms/validate/validate.ts";
import { BODY_WORDS, tellProblems } from "../forms/problem-sentences.ts";
import { docsOf } from "../issues.ts";
import { createBody } from "../operations/posts.ts";

const { withImages, withOneKindOfMedia, withTitle } = EXAMPLE_PLATFORMS;

const PHOTO: MediaEntry = {
  url: "https://cdn.example.com/photo.jpg",
  type: "image",
  mimeType: "image/jpeg",
  sizeBytes: 248_120,
  width: 1080,
  height: 1080,
};
const FILM: MediaEntry = {
  url: "https://cdn.example.com/launch.mp4",
  type: "video",
  mimeType: "video/mp4",
  sizeBytes: 18_432_000,
  width: 1080,
  height: 1920,
  durationSeconds: 24,
};

/** Posts with one mistake each: the resulting issues are the examples. */
const MISTAKES: readonly PostToValidate[] = [
  { platforms: [withTitle], content: { text: "", media: [FILM] } },
  { platforms: [EXAMPLE_PLATFORM], content: { text: "Too long. ".repeat(60) } },
  { platforms: [withImages], content: { text: "A picture", media: [{ ...PHOTO, mimeType: "image/bmp" }] } },
  { platforms: [withImages], content: { text: "A film", media: [{ ...FILM, durationSeconds: 4000 }] } },
  {
    platforms: [withImages],
    content: {
      text: "Two",
      media: [PHOTO, PHOTO],
      platformOverrides: { [withImages]: { settings: { placement: "story" } } },
    },
  },
  { platforms: [withOneKindOfMedia], content: { text: "Both", media: [PHOTO, FILM] } },
];

/** The body of an error with this code. */
export function errorExample(code: PublicCode): unknown {
  const issue = (issues ??= tellIssues()).get(code);
  return {
    error: issue?.message ?? PUBLIC_CODES[code].meaning,
    code,
    docs: docsOf("https://ampost.io", code),
    requestId: "01980b7a-6c00-7000-8000-000000000001",
    issues: issue === undefined ? [] : [issue],
  };
}

let issues: Map<PublicCode, Issue> | undefined;

/** The first issue for each code. */
function tellIssues(): Map<PublicCode, Issue> {
  const context = {
    now: new Date("2026-12-01T09:30:00.000Z"),
    scheduling: "contract",
    forcePrivateUploads: false,
  } as const;
  const nowhere = createBody.safeParse(
    { content: { text: "Hello" }, platforms: [], platformSetId: "01980b7a-6c00-7000-8000-000000000001" },
    { reportInput: true },
  );
  const issues = [
    ...MISTAKES.flatMap((post) => validatePost(post, { ...context, accounts: null }).issues),
    ...validatePost({ platforms: [EXAMPLE_PLATFORM], content: { text: "Hello" } }, { ...context, accounts: {} }).issues,
    ...tellProblems(createBody, nowhere.error?.issues ?? [], BODY_WORDS),
  ];
  return new Map(issues.toReversed().map((issue) => [issue.code, issue]));
}
