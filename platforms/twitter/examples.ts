import { type Example, photo } from "../kit/examples.ts";

export const examples: readonly Example[] = [
  {
    title: "A thread",
    content: { text: "What changed in this release:" },
    settings: { thread: [{ text: "1. It is faster." }, { text: "2. It looks better.", media: [photo] }] },
  },
  {
    title: "A poll",
    content: { text: "Which do you prefer?" },
    settings: { poll: { options: ["Light", "Dark"], durationMinutes: 1440 } },
  },
];
