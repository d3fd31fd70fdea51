import { hueOf } from "../../../sandbox/authorize.ts";
import type { Dialog } from "../../../sandbox/meta/consent.ts";
import { facebookLoginRoutes, type FacebookLogin } from "../../../sandbox/meta/facebook-login.ts";
import type { Values } from "../../../sandbox/meta/fields.ts";
import { grantPages, pagesOf, type Page } from "../../../sandbox/meta/pages.ts";
import type { SandboxRoute } from "../../../sandbox/platform.ts";
import { personOf, SEED } from "./people.ts";
import { graph } from "./viewer.ts";

/** Facebook Login for Pages. Source: Facebook Login docs, manual flow; Pages API docs, 2026-09-11. */
const SCOPES: Readonly<Record<string, string>> = {
  pages_show_list: "See the Pages you manage",
  pages_read_engagement: "Read the content of your Pages",
  pages_manage_posts: "Create, change and delete posts of your Pages",
  pages_manage_engagement: "Write comments as your Pages",
  pages_read_user_content: "Read what people write on your Pages",
  pages_manage_metadata: "Manage the settings of your Pages",
  publish_video: "Publish videos",
  business_management: "Manage your businesses",
  read_insights: "See insights",
  instagram_basic: "See the Instagram accounts of your Pages",
  public_profile: "See your public profile",
  email: "See your email address",
};

export const SEED_SCOPES = ["pages_show_list", "pages_read_engagement", "pages_manage_posts"] as const;

export const PICTURE_HOST = "scontent.xx.fbcdn.net";

export function pictureUrl(name: string): string {
  return `https://${PICTURE_HOST}/v/t39/${name}.jpg?oh=${hueOf(name)}`;
}

export const DIALOG: Dialog = {
  platform: "facebook",
  label: "Facebook",
  scopes: SCOPES,
  needed: "pages_show_list",
  configured: SEED_SCOPES,
  personOf,
  groups: (call, person) => [
    {
      title: "Pages",
      field: "page",
      options: pagesOf(call.world, "facebook", person.id).map((page) => ({
        value: page.id,
        label: page.name,
        required: false,
      })),
    },
  ],
  refusal: "Permissions error",
  suffix: "",
  granted(call, { grantId, person }, fields) {
    const ticked = [fields["page"] ?? []].flat();
    grantPages(
      call.world,
      grantId,
      pagesOf(call.world, "facebook", person.id)
        .map((page) => page.id)
        .filter((id) => ticked.includes(id)),
    );
  },
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
  pageValues: (_call, page) => pageValues(page),
  seedToken(call, { clientId, personId, kind }) {
    const seeded = clientId === SEED.clientId && personId === SEED.personId;
    return seeded ? `${SEED_TOKENS[kind]}${call.world.store.next(`facebook.token.${kind}`)}` : null;
  },
};

export const LOGIN_ROUTES: readonly SandboxRoute[] = facebookLoginRoutes(LOGIN);

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
