import "./jitless.ts";
import type { Account } from "../../contract/operations/accounts.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { validatePost, type PlatformValidation } from "../../platforms/validate/validate.ts";
import type { Draft, Item } from "./draft.ts";
import { contentOf } from "./draft.ts";

export { cutTo } from "./counting.ts";

/** What each platform gets of a draft, by the rules that the server has too. */
export function readPlatforms(
  draft: Draft,
  accountOf: (platform: PlatformName) => Account | undefined,
): Partial<Record<PlatformName, PlatformValidation>> {
  const measured = (item: Item): Item => {
    const { src: _, name: __, ...facts } = item.shown;
    return { ...item, entry: { ...facts, ...item.entry } };
  };
  const known: Draft = {
    ...draft,
    media: draft.media.map(measured),
    overrides: Object.fromEntries(
      Object.entries(draft.overrides).map(([platform, override]) => [
        platform,
        { ...override, ...(override.media !== undefined && { media: override.media.map(measured) }) },
      ]),
    ),
  };
  return validatePost(
    { content: contentOf(known), platforms: draft.platforms },
    {
      now: new Date(),
      scheduling: "all",
      forcePrivateUploads: false,
      accounts: Object.fromEntries(
        draft.platforms.map((platform) => {
          const account = accountOf(platform);
          if (account === undefined) return [platform, null];
          const { scopes, platformMetadata: metadata, tokenExpiresAt } = account;
          return [platform, { scopes, metadata, tokenExpiresAt }];
        }),
      ),
    },
  ).perPlatform;
}
