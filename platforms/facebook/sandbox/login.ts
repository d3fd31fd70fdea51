import type { Dialog } from "../../../sandbox/meta/consent.ts";
import { FACEBOOK_DIALOG, facebookLoginRoutes, type FacebookLogin } from "../../../sandbox/meta/facebook-login.ts";
import type { Values } from "../../../sandbox/meta/fields.ts";
import { choosingPages, pageById, type Page } from "../../../sandbox/meta/pages.ts";
import { removalRoutes, type AppAccess } from "../../../sandbox/meta/removal.ts";
import type { SandboxRoute } from "../../../sandbox/platform.ts";
import { hueOf } from "../../kit/card/card.ts";
import { personOf, SEED } from "./people.ts";
import { graph } from "./viewer.ts";

/** Facebook Login for Pages. Source: Facebook Login docs, manual flow; Pages API docs, 2026-09-11. */
export const SEED_SCOPES = ["pages_show_list", "pages_read_engagement", "pages_manage_posts"] as const;

export const PICTURE_HOST = "scontent.xx.fbcdn.net";

export function pictureUrl(name: string): string {
  return `https://${PICTURE_HOST}/v/t39/${name}.jpg?oh=${hueOf(name)}`;
}

export const DIALOG: Dialog = {
  ...FACEBOOK_DIALOG,
  platform: "facebook",
  label: "Facebook",
  configured: SEED_SCOPES,
  personOf,
  ...choosingPages("facebook", "Pages"),
};

const SEED_TOKENS = {
  "user-short": "USHORT",
  "user-long": "ULONG",
  "page-short": "PAGESHORT",
  "page-long": "PAGE",
} as const;

export const LOGIN: FacebookLogin = {
  dialog: DIALOG,
  graph,
  userIdOf: (person) => person.id,
  pictureUrl,
  pageValues: (_call, page) => pageValues(page),
  seedToken(call, { clientId, personId, kind }) {
    const seeded = clientId === SEED.clientId && personId === SEED.personId;
    return seeded ? `${SEED_TOKENS[kind]}${call.world.store.next(`facebook.token.${kind}`)}` : null;
  },
};

export const APP_ACCESS: AppAccess = {
  platform: "facebook",
  label: "Facebook",
  host: "www.facebook.com",
  path: "/settings",
  personOf,
  personOfAccount: (world, id) => world.identity.person("facebook", pageById(world, "facebook", id)?.owner ?? id),
  userIdOf: (person) => person.id,
};

export const LOGIN_ROUTES: readonly SandboxRoute[] = [...facebookLoginRoutes(LOGIN), ...removalRoutes(APP_ACCESS)];

export function pageUrl(page: Page): string {
  return `https://www.facebook.com/${page.username}`;
}

function pageValues(page: Page): Values {
  return {
    id: () => page.id,
    name: () => page.name,
    username: () => page.username,
    link: () => pageUrl(page),
    category: () => "Brand",
    about: () => "A Page of the sandbox",
    fan_count: () => 10,
    followers_count: () => 12,
    is_published: () => true,
    picture: () => ({ data: { url: pictureUrl(page.username) } }),
    instagram_business_account: () => undefined,
    video_upload_limits: () => ({ length: 14_400, size: 10_737_418_240 }),
  };
}
