import { type Example, film, photo } from "../kit/examples.ts";

export const examples: readonly Example[] = [
  {
    title: "A carousel of an image and a video",
    content: {
      text: "Behind the scenes.",
      media: [
        { ...photo, altText: "The workshop in the morning." },
        { ...film, height: 1350 },
      ],
    },
  },
  { title: "A story", content: { text: "", media: [{ ...photo, height: 1920 }] }, settings: { placement: "story" } },
  {
    title: "A reel with its cover and a first comment",
    content: { text: "Launch day.", media: [film] },
    settings: { placement: "reel", thumbOffsetMs: 1500, firstComment: "Ask us anything." },
  },
];
