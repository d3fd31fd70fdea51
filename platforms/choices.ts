import type { HttpClient } from "./kit/http.ts";
import type { Grant, OAuth, Profile } from "./platform.ts";

/** An account that can be connected: its identity, and the grant to reach it. */
export interface GrantedAccount {
  profile: Profile;
  grant: Grant;
}

/**
 * The accounts that a grant reaches, at least one, in the platform's order. Each has its own grant to store: the given
 * one, or the account's own token instead.
 */
export async function readChoices(
  oauth: OAuth,
  http: HttpClient,
  grant: Grant,
  environment?: Readonly<Record<string, string>>,
): Promise<[GrantedAccount, ...GrantedAccount[]]> {
  const answer = await oauth.profile(http, grant.accessToken, grant.scopes, environment);
  if ("platformAccountId" in answer) return [{ profile: answer, grant }];
  const { accessToken, expiresInSeconds } = grant;
  const [first, ...others] = answer.map(({ profile, token, keepsUserToken }) => ({
    profile,
    grant:
      token === undefined
        ? grant
        : {
            ...grant,
            refreshToken: null,
            ...token,
            ...(keepsUserToken && { userToken: { accessToken, expiresInSeconds } }),
          },
  }));
  if (first === undefined) throw new Error("A platform that has nothing to choose from has to say so by an error");
  return [first, ...others];
}
