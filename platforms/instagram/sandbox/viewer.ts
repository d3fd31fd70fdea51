import type { Person, Token } from "../../../sandbox/identity.ts";
import { openGraph, noObject, Refusal, type Graph } from "../../../sandbox/meta/graph.ts";
import { TOKEN_ERRORS, tokenOf } from "../../../sandbox/meta/tokens.ts";
import type { Call, Outcome, SandboxRoute } from "../../../sandbox/platform.ts";
import { accountOf, reachedPages } from "./people.ts";

/** The caller, and their permissions. */
export interface Viewer {
  token: Token;
  person: Person;
  /** Which login they used: Instagram's own or Facebook's. */
  login: "instagram" | "facebook";
}

/**
 * What a call needs; each login has its own scopes for it. Source: Instagram Platform docs, both overviews, 2026.
 */
export type Ability = keyof typeof ABILITIES;

const ABILITIES = {
  basic: { instagram: ["instagram_business_basic"], facebook: ["instagram_basic"] },
  publish: {
    instagram: ["instagram_business_basic", "instagram_business_content_publish"],
    facebook: ["instagram_basic", "instagram_content_publish", "pages_read_engagement"],
  },
  comment: {
    instagram: ["instagram_business_basic", "instagram_business_manage_comments"],
    facebook: ["instagram_basic", "instagram_manage_comments"],
  },
  /** Posts can be deleted with Facebook's login only. */
  remove: { instagram: null, facebook: ["instagram_basic", "instagram_manage_contents"] },
} as const;

export const DIRECT_HOST = "graph.instagram.com";
export const FACEBOOK_HOST = "graph.facebook.com";
export const UPLOAD_HOST = "rupload.facebook.com";

export const graph: Graph = openGraph({ usageType: "instagram", accountOf });

export function withViewer(ability: Ability, run: (call: Call, viewer: Viewer) => Outcome): (call: Call) => Outcome {
  return graph.refusing((call) => {
    const viewer = viewerOf(call);
    needAbility(viewer, ability);
    if (ability === "publish") needBusinessRole(call, viewer);
    return run(call, viewer);
  });
}

/** A token is only valid on the hosts of its own login. */
export function viewerOf(call: Call): Viewer {
  const token = tokenOf(call, "instagram");
  const login = token.kind === "short" || token.kind === "long" ? "instagram" : "facebook";
  if ((call.host === DIRECT_HOST) !== (login === "instagram")) throw new Refusal(TOKEN_ERRORS.unreadable);
  const person = call.world.identity.person("instagram", token.personId);
  if (!person) throw new Refusal(TOKEN_ERRORS.unreadable);
  return { token, person, login };
}

export function needAbility(viewer: Viewer, ability: Ability): void {
  const scopes = ABILITIES[ability][viewer.login];
  const absent = scopes ? scopes.find((scope) => !viewer.token.scopes.includes(scope)) : "a login by Facebook";
  if (absent !== undefined)
    throw new Refusal({
      message: `(#10) Application does not have permission for this action: ${absent} is missing`,
      code: 10,
    });
}

/**
 * For an account whose Page a business portfolio holds, publishing needs one of these as well: there, the person's role
 * comes through Business Manager. Source: Instagram Platform docs, content publishing, 2026-09-11.
 */
function needBusinessRole(call: Call, { token, login, person }: Viewer): void {
  if (login === "instagram" || token.scopes.includes("ads_management") || token.scopes.includes("ads_read")) return;
  if (reachedPages(call, token).some((page) => page.linkedId === person.id && page.business !== null))
    throw new Refusal({ message: "(#200) Requires ads_management or ads_read permission", code: 200 });
}

/** `{user}` in a path is the account's ID; `me` is the account with Instagram's own login only. */
export function needSelf(call: Call, viewer: Viewer): void {
  const id = call.segments["user"] ?? "";
  const reached =
    viewer.login === "instagram" || reachedPages(call, viewer.token).some((page) => page.linkedId === viewer.person.id);
  if (!reached || (id !== viewer.person.id && !(id === "me" && viewer.login === "instagram"))) throw noObject(id);
}

/** The same route for both logins. */
export function onBothHosts(route: Omit<SandboxRoute, "host">): SandboxRoute[] {
  return [
    { ...route, host: DIRECT_HOST },
    { ...route, host: FACEBOOK_HOST },
  ];
}
