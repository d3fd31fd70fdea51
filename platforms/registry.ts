// Each platform whole: one line each.
export { facebook } from "./facebook/index.ts";
export { instagram } from "./instagram/index.ts";
export { linkedin } from "./linkedin/index.ts";
export { threads } from "./threads/index.ts";
export { tiktok } from "./tiktok/index.ts";
export { twitter } from "./twitter/index.ts";
export { youtube } from "./youtube/index.ts";
