// The pure half of each platform: one line each.
export { facebook } from "./facebook/definition.ts";
export { instagram } from "./instagram/definition.ts";
export { linkedin } from "./linkedin/definition.ts";
export { threads } from "./threads/definition.ts";
export { tiktok } from "./tiktok/definition.ts";
export { twitter } from "./twitter/definition.ts";
export { youtube } from "./youtube/definition.ts";
