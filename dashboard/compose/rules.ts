import type { Account } from "../../contract/operations/accounts.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import type { AccountFacts } from "../../platforms/definition.ts";
import { validatePost, type PlatformValidation } from "../../platforms/validate/validate.ts";
import { contentOf, type Draft, shownEntry } from "./draft.ts";

export { cutTo } from "./counting.ts";

/** What a platform gets of a draft, by the rules that the server has too. */
export function readPlatform(
  draft: Draft,
  platform: PlatformName,
  account: Account | undefined,
): PlatformValidation | undefined {
  const override = draft.overrides[platform];
  const known: Draft = {
    ...draft,
    platforms: [platform],
    overrides: override === undefined ? {} : { [platform]: override },
  };
  return validatePost(
    { content: contentOf(known, shownEntry), platforms: [platform] },
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
