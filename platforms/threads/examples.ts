import type { Example } from "../kit/examples.ts";

export const examples: readonly Example[] = [
  {
    title: "A chain",
    content: { text: "What changed in this release:" },
    settings: {
      thread: [{ text: "1. It is faster." }, { text: "2. It looks better." }],
      replyControl: "everyone",
      topicTag: "release notes",
    },
  },
  { title: "A link", content: { text: "Our new release is out.", linkUrl: "https://example.com/release" } },
];
