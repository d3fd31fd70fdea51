import type { Values } from "../../../sandbox/meta/fields.ts";
import type { Call } from "../../../sandbox/platform.ts";
import { integer } from "../../../sandbox/store.ts";
import { factsOf } from "./people.ts";
import type { Viewer } from "./viewer.ts";

/** Profiles, as returned for each login. Source: Instagram Platform docs, me and ig-user references. */
export const PICTURE_HOST = "scontent.cdninstagram.com";

export function pictureUrl(name: string): string {
  return `https://${PICTURE_HOST}/t51.instagram/${name}.jpg`;
}

/** With Instagram's own login, `/me` returns two IDs: `user_id` is the account, `id` is app-scoped. */
export function meValues(call: Call, viewer: Viewer): Values {
  return { ...accountValues(call, viewer), id: () => factsOf(viewer.person).appScopedId };
}

export function accountValues(call: Call, { person, login }: Viewer): Values {
  const facts = factsOf(person);
  const count = () =>
    integer(
      call.world.store.get("SELECT count(*) AS number FROM instagram_media WHERE owner = ?", person.id),
      "number",
    );
  return {
    id: () => person.id,
    ...(login === "instagram" && { user_id: () => person.id, account_type: () => facts.accountType }),
    username: () => person.username,
    name: () => person.name,
    profile_picture_url: () => pictureUrl(person.username),
    followers_count: () => 10,
    follows_count: () => 3,
    media_count: count,
    biography: () => "A sandbox account",
    website: () => "https://example.test",
  };
}
