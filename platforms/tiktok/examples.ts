import { type Example, CDN, film, photo } from "../kit/examples.ts";

export const examples: readonly Example[] = [
  {
    title: "A video that only the creator sees",
    content: { text: "Launch day.", media: [film] },
    settings: { privacyLevel: "SELF_ONLY", disableComment: true },
  },
  {
    title: "Photos",
    content: { text: "Three days in pictures.", media: [photo, { ...photo, url: `${CDN}/team.jpg` }] },
    settings: { privacyLevel: "PUBLIC_TO_EVERYONE", photoTitle: "Launch week" },
  },
];
