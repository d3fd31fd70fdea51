import { type Example, film } from "../kit/examples.ts";

export const examples: readonly Example[] = [
  {
    title: "A text that connections may see",
    content: { text: "We are hiring." },
    settings: { visibility: "CONNECTIONS", isReshareDisabledByAuthor: true },
  },
  {
    title: "An article",
    content: { text: "Our new release is out.", linkUrl: "https://example.com/release" },
    settings: { articleTitle: "Release 5", articleDescription: "What is new, and why." },
  },
  {
    title: "A video, with what LinkedIn needs to know of it",
    content: { text: "A short tour.", media: [{ ...film, width: 1920, height: 1080 }] },
    settings: { videoTitle: "A short tour" },
  },
];
