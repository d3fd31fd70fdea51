import { type Example, CDN, film } from "../kit/examples.ts";

export const examples: readonly Example[] = [
  {
    title: "A video with title and description",
    content: { text: "", media: [{ ...film, width: 1920, height: 1080, thumbnailUrl: `${CDN}/launch-cover.jpg` }] },
    settings: {
      title: "Launch walkthrough",
      description: "All that is new, in half a minute.",
      tags: ["launch", "demo"],
      categoryId: "28",
      privacyStatus: "unlisted",
      notifySubscribers: false,
      selfDeclaredMadeForKids: false,
      containsSyntheticMedia: false,
    },
  },
];
