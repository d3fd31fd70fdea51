import type { PlatformName } from "../model/platform-names.ts";
import { isLoopbackHost } from "../platforms/kit/addresses.ts";
import { type ChecklistItem, reviewPack, reviewPackLines } from "../printing/review-pack.ts";
import { readLiveUse } from "../server/db/queries/accounts.ts";
import type { Config } from "../server/start/config.ts";
import { answer } from "./answer.ts";
import { withInstance } from "./instance-command.ts";

/** Prints what a platform's developer portal and its reviewers ask for, and what is still open on this instance. */
export function runReviewPack(options: { platform: PlatformName; json?: boolean }): Promise<void> {
  const { platform } = options;
  return withInstance(async ({ pool, config }) => {
    const use = (await readLiveUse.one(pool, [platform])) ?? { connected: false, published: false };
    const { appUrl, mediaUrl, apps } = config;
    const pack = await reviewPack(platform, {
      appUrl,
      mediaUrl,
      redirectUri: apps.get(platform)?.redirectUri,
      scopes: Object.fromEntries([...apps].map(([name, app]) => [name.toUpperCase(), app.scopes ?? null])),
      checks: checksOf(config, platform, use),
    });
    answer(options, pack, reviewPackLines(pack));
  });
}

function checksOf(
  { appUrl, mediaUrl, apps }: Config,
  platform: PlatformName,
  use: { connected: boolean; published: boolean },
): ChecklistItem[] {
  const prefix = platform.toUpperCase();
  return [
    { isDone: isPublic(appUrl), text: `\`AMPOST_APP_URL\` is a public https URL. It is ${appUrl}.` },
    { isDone: isPublic(mediaUrl), text: `\`AMPOST_MEDIA_URL\` is a public https URL. It is ${mediaUrl}.` },
    { isDone: apps.has(platform), text: `\`${prefix}_CLIENT_ID\` and \`${prefix}_CLIENT_SECRET\` are set.` },
    { isDone: use.connected, text: "An account is connected in live mode." },
    { isDone: use.published, text: "A post has been published in live mode." },
  ];
}

function isPublic(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" && !isLoopbackHost(hostname);
}
