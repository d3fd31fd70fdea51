import type { Definition } from "./definition.ts";

/** The address of an account's profile on its platform; null if it cannot be known. */
export function profileUrlOf(
  { profileUrl }: Pick<Definition, "profileUrl">,
  { username, accountId }: { username: string | null; accountId: string },
): string | null {
  if (profileUrl === undefined || (username === null && profileUrl.includes("{username}"))) return null;
  return profileUrl
    .replace("{username}", () => encodeURIComponent(username ?? ""))
    .replace("{id}", () => encodeURIComponent(accountId));
}
