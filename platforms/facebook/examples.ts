import { type Example, film } from "../kit/examples.ts";

export const examples: readonly Example[] = [
  { title: "A link", content: { text: "Our new release is out.", linkUrl: "https://example.com/release" } },
  {
    title: "A reel",
    content: { text: "Launch day.", media: [film] },
    settings: { placement: "reel", title: "Launch day" },
  },
];
