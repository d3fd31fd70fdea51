import type { HttpClient } from "../kit/http.ts";
import { facebookSignIn, readManagedPages, readPage, type ManagedPage } from "../kit/meta/login.ts";
import { BrokerError, type ReachableAccount, type OAuth, type Profile } from "../platform.ts";
import { graph } from "./errors.ts";
import { scopes } from "./scopes.ts";

/**
 * Facebook Login, with which users reach their Pages. Each Page has its own token, which publishes and does not expire;
 * no endpoint renews one. Source: Facebook Login docs, manual flow and long-lived tokens, 2026-09-11.
 */
export const oauth: OAuth = {
  ...facebookSignIn(graph),
  scopes: scopes.FACEBOOK,
  profile: readPages,
  profileAgain: async (http, accessToken, pageId) => toProfile(await readPage(graph, http, accessToken, pageId)),
};

async function readPages(http: HttpClient, accessToken: string): Promise<ReachableAccount[]> {
  const pages = await readManagedPages(graph, http, accessToken);
  const choices = pages.map((page): ReachableAccount => ({
    profile: toProfile(page),
    token: { accessToken: page.accessToken, expiresInSeconds: null },
  }));
  if (choices.length > 0) return choices;
  throw new BrokerError(
    "AUTH_REVOKED",
    "You did not select a Facebook Page that you can publish to. " +
      "Connect again, select the Page, and make sure that your role on it includes creating content.",
  );
}

function toProfile(page: Omit<ManagedPage, "accessToken">): Profile {
  const { id, name, username, link, category, pictureUrl, instagram } = page;
  return {
    platformAccountId: id,
    username,
    displayName: name,
    avatarUrl: pictureUrl,
    metadata: { category, link, instagramAccountId: instagram?.id ?? null },
  };
}
