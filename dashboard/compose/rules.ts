import "./jitless.ts";
import type { Account } from "../../contract/operations/accounts.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import type { AccountFacts } from "../../platforms/definition.ts";
import { validatePost, type PlatformValidation } from "../../platforms/validate/validate.ts";
import { contentOf, type Draft, type Item } from "./draft.ts";

export { cutTo } from "./counting.ts";

/** What a platform gets of a draft, by the rules that the server has too. */
export function readPlatform(
  draft: Draft,
  platform: PlatformName,
  account: Account | undefined,
): PlatformValidation | undefined {
  const override = draft.overrides[platform];
  const own = override?.media?.map(measured);
  const known: Draft = {
    ...draft,
    platforms: [platform],
    media: draft.media.map(measured),
    overrides: override === undefined ? {} : { [platform]: { ...override, ...(own !== undefined && { media: own }) } },
  };
  return validatePost(
    { content: contentOf(known), platforms: [platform] },
    {
      now: new Date(),
      scheduling: "all",
      forcePrivateUploads: false,
      accounts: { [platform]: account === undefined ? null : factsOf(account) },
    },
  ).perPlatform[platform];
}

function factsOf({ scopes, platformMetadata: metadata, tokenExpiresAt }: Account): AccountFacts {
  return { scopes, metadata, tokenExpiresAt };
}

/** With what is known of the file, which the server has measured. */
function measured(item: Item): Item {
  const { src: _, name: __, ...facts } = item.shown;
  return { ...item, entry: { ...facts, ...item.entry } };
}
