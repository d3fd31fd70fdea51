import type { Person, Token } from "../identity.ts";
import type { Call, PlatformAnswer, SandboxRoute } from "../platform.ts";
import { integer, text } from "../store.ts";
import { checkProof } from "./apps.ts";
import { dialogRoutes, type Dialog } from "./consent.ts";
import { fieldsOf, pick, type Values } from "./fields.ts";
import { invalid, noObject, Refusal, type Graph, type GraphError } from "./graph.ts";
import { toCursor } from "./list.ts";
import { grantedPages, pageIdOf, pageToken, type Page } from "./pages.ts";
import { FACEBOOK_SCOPES } from "./scopes.ts";
import {
  checkToken,
  dataAccessEndsAt,
  HOUR_MS,
  issueToken,
  LONG_SECONDS,
  NEVER,
  TOKEN_ERRORS,
  tokenOf,
} from "./tokens.ts";

/**
 * Facebook Login, which gives access to Pages and the Instagram accounts linked with them: code, short-lived and
 * long-lived user tokens, Page tokens, inspection, granted permissions. Source: Facebook Login docs, manual flow and
 * long-lived tokens, 2026-09-11.
 */
export interface FacebookLogin {
  dialog: Dialog;
  graph: Graph;
  /** The ID of the Facebook user behind a person on the platform. */
  userIdOf(person: Person): string;
  pictureUrl(name: string): string;
  /** What `/me/accounts` and similar calls return for a Page besides the common fields. */
  pageValues(call: Call, page: Page): Values;
  /** The numbered names of the seeded tokens; null for all others. */
  seedToken(
    call: Call,
    of: { clientId: string; personId: string; kind: "user-short" | "user-long" | "page-short" | "page-long" },
  ): string | null;
}

/** What the dialogs of this login share. The error's text and values: facebook/facebook-ios-sdk#2330, alixandru/q2a-open-login#83. */
export const FACEBOOK_DIALOG = {
  scopes: FACEBOOK_SCOPES,
  needed: "public_profile",
  demandsNeeded: false,
  invalidScopes: (scopes) => ({
    message:
      `Invalid Scopes: ${scopes}. This message is only shown to developers. Users of your app will ignore these ` +
      "permissions if present. Please read the documentation for valid permissions at: " +
      "https://developers.facebook.com/docs/facebook-login/permissions",
    values: { error_code: "1349048", error_message: `Invalid Scopes: ${scopes}` },
  }),
  refusal: "Permissions error",
  suffix: "",
} as const satisfies Partial<Dialog>;

const HOST = "graph.facebook.com";
const WEB = "www.facebook.com";
const SHORT_SECONDS = 5108;

const CODE_USED = { message: "This authorization code has been used.", code: 100, subcode: 36009 };
const CODE_EXPIRED = { message: "This authorization code has expired.", code: 100, subcode: 36007 };
const CODE_REDIRECT = {
  message:
    "Error validating verification code. " +
    "Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request",
  code: 100,
  subcode: 36008,
};
const WRONG_SECRET = { message: "Error validating client secret.", code: 1 };
const WRONG_APP = {
  message: "Error validating application. Cannot get application info due to a system error.",
  code: 101,
};

export function facebookLoginRoutes(login: FacebookLogin): SandboxRoute[] {
  const { graph, dialog } = login;
  const route = (
    method: string,
    path: string,
    operation: SandboxRoute["operation"],
    run: (login: FacebookLogin, call: Call) => PlatformAnswer,
  ): SandboxRoute => ({
    method,
    path,
    host: HOST,
    operation,
    run: graph.refusing((call) => run(login, call)),
  });
  return [
    ...dialogRoutes(dialog, WEB, "/dialog/oauth"),
    route("GET", "/oauth/access_token", "token", exchange),
    route("POST", "/oauth/access_token", "token", exchange),
    route("GET", "/debug_token", "read", debugToken),
    route("GET", "/me/accounts", "read", listPages),
    route("GET", "/me/businesses", "read", listBusinesses),
    route("GET", "/{business}/owned_pages", "read", listBusinessPages),
    route("GET", "/{business}/client_pages", "read", listBusinessPages),
    route("GET", "/me/permissions", "read", listPermissions),
    route("GET", "/{user}/accounts", "read", listPages),
    route("GET", "/{user}/permissions", "read", listPermissions),
    route("DELETE", "/{user}/permissions", "revoke", withdraw),
    route("DELETE", "/{user}/permissions/{permission}", "revoke", withdraw),
  ];
}

/** The person whose user token is used. */
export function userOf(call: Call, login: FacebookLogin): { token: Token; person: Person } {
  const { platform } = login.dialog;
  const token = tokenOf(call, platform);
  const person = call.world.identity.person(platform, token.personId);
  if (!person) throw new Refusal(TOKEN_ERRORS.unreadable);
  return { token, person };
}

function exchange(login: FacebookLogin, call: Call): PlatformAnswer {
  const { params, world } = call;
  const { platform } = login.dialog;
  const app = world.identity.app(platform, params["client_id"] ?? "");
  if (!app) throw new Refusal(WRONG_APP);
  if (app.clientSecret !== params["client_secret"]) throw new Refusal(WRONG_SECRET);
  switch (params["grant_type"] ?? "authorization_code") {
    case "client_credentials":
      return login.graph.answer(call, { access_token: `${app.clientId}|${app.clientSecret}`, token_type: "bearer" });
    case "fb_exchange_token":
      return exchangeShort(login, call, app.clientId);
    case "authorization_code":
      return exchangeCode(login, call, app.clientId);
    default:
      throw invalid("Invalid grant_type.");
  }
}

function exchangeCode(login: FacebookLogin, call: Call, clientId: string): PlatformAnswer {
  const { params, world, now } = call;
  const { platform, label } = login.dialog;
  const code = world.identity.code(platform, params["code"] ?? "");
  if (!code || code.clientId !== clientId || code.facts["dialog"] !== label)
    throw new Refusal({ message: "Invalid verification code format.", code: 100 });
  if (code.used) throw new Refusal(CODE_USED);
  if (now >= code.issuedAt + HOUR_MS) throw new Refusal(CODE_EXPIRED);
  if (code.redirectUri !== params["redirect_uri"]) throw new Refusal(CODE_REDIRECT);
  world.identity.useCode(platform, code.code);
  const of = { clientId, personId: code.personId, kind: "user-short" } as const;
  const token = issueToken(call, {
    platform,
    grantId: code.grantId,
    kind: of.kind,
    expiresAt: now + SHORT_SECONDS * 1000,
    prefix: "EAAS",
    name: login.seedToken(call, of),
  });
  return login.graph.answer(call, { access_token: token, token_type: "bearer", expires_in: SHORT_SECONDS });
}

/** A long-lived token can be exchanged again; an expired one cannot. */
function exchangeShort(login: FacebookLogin, call: Call, clientId: string): PlatformAnswer {
  const { platform } = login.dialog;
  const token = call.world.identity.token(platform, call.params["fb_exchange_token"] ?? "");
  if (!token || token.clientId !== clientId || pageIdOf(token) !== undefined)
    throw new Refusal(TOKEN_ERRORS.unreadable);
  checkToken(call, token);
  const of = { clientId, personId: token.personId, kind: "user-long" } as const;
  const long = issueToken(call, {
    platform,
    grantId: token.grantId,
    kind: of.kind,
    expiresAt: call.now + LONG_SECONDS * 1000,
    prefix: "EAAL",
    name: login.seedToken(call, of),
  });
  return login.graph.answer(call, { access_token: long, token_type: "bearer", expires_in: LONG_SECONDS });
}

/** Called by the app itself, whose token is its ID and secret joined by a bar, or with a token of the same app. */
function debugToken(login: FacebookLogin, call: Call): PlatformAnswer {
  const { world, params } = call;
  const { platform } = login.dialog;
  const asking = askingApp(login, call) ?? tokenOf(call, platform).clientId;
  const token = world.identity.token(platform, params["input_token"] ?? "");
  const invalidToken = ({ message, code, subcode }: GraphError) =>
    login.graph.answer(call, {
      data: { error: { code, message, ...(subcode !== undefined && { subcode }) }, is_valid: false, scopes: [] },
    });
  if (!token || token.clientId !== asking) return invalidToken(TOKEN_ERRORS.unreadable);
  try {
    checkToken(call, token);
  } catch (error) {
    if (error instanceof Refusal) return invalidToken(error.graph);
    throw error;
  }
  const person = world.identity.person(platform, token.personId);
  const pageId = pageIdOf(token);
  const issuedAt = Math.floor(token.issuedAt / 1000);
  const targets = grantedPages(world, token.grantId).map((page) => page.linkedId ?? page.id);
  return login.graph.answer(call, {
    data: {
      app_id: token.clientId,
      type: pageId === undefined ? "USER" : "PAGE",
      application: "Sandbox App",
      data_access_expires_at: Math.floor(dataAccessEndsAt(call, token) / 1000),
      expires_at: token.expiresAt === NEVER ? 0 : Math.floor(token.expiresAt / 1000),
      is_valid: true,
      issued_at: issuedAt,
      ...(pageId !== undefined && { profile_id: pageId }),
      scopes: token.scopes,
      granular_scopes: token.scopes.map((scope) => ({ scope, target_ids: targets })),
      user_id: person ? login.userIdOf(person) : "",
    },
  });
}

function listPermissions(login: FacebookLogin, call: Call): PlatformAnswer {
  const { token } = self(login, call);
  return login.graph.answer(call, { data: token.scopes.map((permission) => ({ permission, status: "granted" })) });
}

/**
 * Pages that the person did not check are missing, and without `business_management` those that a business portfolio
 * holds. Source: n8n-io/n8n#7615, chatwoot/chatwoot#7219.
 */
function listPages(login: FacebookLogin, call: Call): PlatformAnswer {
  const { token } = self(login, call);
  if (!token.scopes.includes("pages_show_list"))
    throw new Refusal({ message: "(#200) Requires pages_show_list permission to manage the object", code: 200 });
  const seesBusinesses = token.scopes.includes("business_management");
  const pages = grantedPages(call.world, token.grantId).filter(({ business }) => seesBusinesses || business === null);
  return answerPages(login, call, token, pages);
}

function answerPages(login: FacebookLogin, call: Call, token: Token, pages: Page[]): PlatformAnswer {
  const [first, last] = [pages[0], pages.at(-1)];
  if (!first || !last) return login.graph.answer(call, { data: [] });
  const fields = fieldsOf(call);
  const data = pages.map((page) =>
    pick(fields, allPageValues(login, call, token, page), ["access_token", "category", "name", "id", "tasks"]),
  );
  return login.graph.answer(call, {
    data,
    paging: { cursors: { before: toCursor(first.id), after: toCursor(last.id) } },
  });
}

/** What a person's token can read about a Page, including the Page's own token. */
export function allPageValues(login: FacebookLogin, call: Call, token: Token, page: Page): Values {
  const seedName = (long: boolean) =>
    login.seedToken(call, {
      clientId: token.clientId,
      personId: token.personId,
      kind: long ? "page-long" : "page-short",
    });
  return {
    ...login.pageValues(call, page),
    access_token: () => (pageIdOf(token) === page.id ? token.token : pageToken(call, token, page, seedName)),
    tasks: () => page.tasks,
  };
}

/** Source: Business Management API docs, user businesses and owned pages. */
function listBusinesses(login: FacebookLogin, call: Call): PlatformAnswer {
  const pages = businessPages(call, self(login, call).token);
  const businesses = new Map(pages.flatMap(({ business }) => (business ? [[business.id, business]] : [])));
  return login.graph.answer(call, { data: [...businesses.values()] });
}

/** The sandbox's portfolios own their Pages and have no clients. */
function listBusinessPages(login: FacebookLogin, call: Call): PlatformAnswer {
  const { token } = userOf(call, login);
  const id = call.segments["business"] ?? "";
  const pages = businessPages(call, token).filter(({ business }) => business?.id === id);
  if (pages.length === 0) throw noObject(id);
  return answerPages(login, call, token, call.path.endsWith("/owned_pages") ? pages : []);
}

function businessPages(call: Call, token: Token): Page[] {
  if (!token.scopes.includes("business_management"))
    throw new Refusal({ message: "(#100) Missing Permissions", code: 100 });
  return grantedPages(call.world, token.grantId).filter(({ business }) => business !== null);
}

/** An app that calls on its own behalf: its token is its ID and secret joined by a bar. */
function askingApp(login: FacebookLogin, call: Call): string | undefined {
  const [clientId = "", secret = ""] = (call.accessToken ?? "").split("|");
  const { platform } = login.dialog;
  const app = call.world.identity.app(platform, clientId);
  if (app?.clientSecret !== secret) return undefined;
  checkProof(call, { platform, clientId, token: `${clientId}|${secret}` });
  return clientId;
}

/** Revokes the whole app, or one scope: with the person's token, or by the app itself. */
function withdraw(login: FacebookLogin, call: Call): PlatformAnswer {
  const clientId = askingApp(login, call);
  if (clientId !== undefined && call.segments["permission"] === undefined) return withdrawByApp(login, call, clientId);
  const { token } = self(login, call);
  const { permission } = call.segments;
  const { store, identity } = call.world;
  if (permission === undefined) identity.revokeToken(login.dialog.platform, token.token);
  else
    store.run(
      "UPDATE grants SET scopes = ? WHERE id = ?",
      JSON.stringify(token.scopes.filter((scope) => scope !== permission)),
      token.grantId,
    );
  return login.graph.answer(call, { success: true });
}

function withdrawByApp(login: FacebookLogin, call: Call, clientId: string): PlatformAnswer {
  const { store, identity } = call.world;
  const { platform } = login.dialog;
  const grants = store
    .all("SELECT id, person_id FROM grants WHERE platform = ? AND client_id = ? AND revoked = 0", platform, clientId)
    .filter((row) => {
      const person = identity.person(platform, text(row, "person_id"));
      return person !== undefined && login.userIdOf(person) === call.segments["user"];
    });
  if (grants.length === 0) throw noObject(call.segments["user"] ?? "");
  for (const row of grants) store.run("UPDATE grants SET revoked = 1 WHERE id = ?", integer(row, "id"));
  return login.graph.answer(call, { success: true });
}

/** `{user}` in a path is `me` or the person's own ID, and the token is a person's. */
function self(login: FacebookLogin, call: Call): { token: Token; person: Person } {
  const viewer = userOf(call, login);
  const id = call.segments["user"] ?? "me";
  if ((id !== "me" && id !== login.userIdOf(viewer.person)) || pageIdOf(viewer.token) !== undefined) throw noObject(id);
  return viewer;
}

/** A person, as returned by `/me`. Source: Graph API reference, user; user picture. */
export function userValues(login: FacebookLogin, { token, person }: { token: Token; person: Person }): Values {
  const [first = "", ...others] = person.name.split(" ");
  return {
    id: () => login.userIdOf(person),
    name: () => person.name,
    first_name: () => first,
    last_name: () => others.join(" ") || undefined,
    email: () => (token.scopes.includes("email") ? `${person.username}@example.test` : undefined),
    picture: () => ({
      data: { height: 50, is_silhouette: false, url: login.pictureUrl(person.username), width: 50 },
    }),
  };
}
