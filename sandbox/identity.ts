import { randomBytes } from "node:crypto";

import { z } from "zod";

import type { PlatformName } from "../model/platform-names.ts";
import { integer, text, textOrNull, type Row, type Store } from "./store.ts";

/** The identities on the platforms: apps, people, and what people granted to apps. A reset keeps all of them. */
export interface Identity {
  addApp(app: Omit<App, "approvedScopes" | "settings">): void;
  app(platform: PlatformName, clientId: string): App | undefined;
  /** The scopes that the platform's review has approved for this app; null for all. */
  approveScopes(platform: PlatformName, clientId: string, scopes: readonly string[] | null): void;
  /** Changes these settings of an app and keeps the others. */
  setAppSettings(platform: PlatformName, clientId: string, settings: App["settings"]): void;
  addPerson(person: NewPerson): Person;
  person(platform: PlatformName, id: string): Person | undefined;
  personByHint(platform: PlatformName, hint: string): Person | undefined;
  personByUsername(platform: PlatformName, username: string): Person | undefined;
  /** A person's consent to an app, the source of codes and tokens. */
  addGrant(grant: {
    platform: PlatformName;
    clientId: string;
    personId: string;
    scopes: readonly string[];
    at: number;
  }): number;
  addCode(code: NewCode): void;
  code(platform: PlatformName, code: string): Code | undefined;
  /** Marks a code as used. False if it already was. */
  useCode(platform: PlatformName, code: string): boolean;
  addToken(token: NewToken): void;
  token(platform: PlatformName, token: string): Token | undefined;
  expireToken(platform: PlatformName, token: string): void;
  /** Revokes the grant behind a token, and with it every token of that grant. */
  revokeToken(platform: PlatformName, token: string): void;
}

/** The person named by a login hint, created if new. Without a hint, it is the seeded one. */
export function personOfLogin(
  identity: Identity,
  login: {
    platform: PlatformName;
    hint: string | null | undefined;
    seededId: string;
    add(hint: string | null): Person;
  },
): Person {
  const { platform, hint, seededId, add } = login;
  const known = hint ? identity.personByHint(platform, hint) : identity.person(platform, seededId);
  return known ?? add(hint ?? null);
}

/**
 * The names of a new person, from what stands before the @ of their login hint: its ASCII words, joined by `between`,
 * with `longest` characters at most, and capitalized.
 */
export function namesOf(hint: string, between: "-" | "_", longest: number): { username: string; words: string[] } {
  const words = (hint.split("@", 1)[0] ?? "")
    .normalize("NFKD")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "");
  return {
    username: words.join(between).slice(0, longest) || "someone",
    words: words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)),
  };
}

/** The app of every fresh sandbox and what a person has granted it, with a code for that. Returns the grant. */
export function seedGrant(
  identity: Identity,
  grant: {
    platform: PlatformName;
    app: { clientId: string; clientSecret: string; redirectUri: string; code: string };
    personId: string;
    scopes: readonly string[];
    at: number;
    facts: Record<string, unknown>;
  },
): number {
  const { platform, app, personId, scopes, at, facts } = grant;
  const { clientId, clientSecret, redirectUri, code } = app;
  identity.addApp({ platform, clientId, clientSecret, redirectUris: [redirectUri], programmaticRefresh: false });
  const grantId = identity.addGrant({ platform, clientId, personId, scopes, at });
  identity.addCode({ platform, code, grantId, redirectUri, issuedAt: at, facts });
  return grantId;
}

export interface App {
  platform: PlatformName;
  clientId: string;
  clientSecret: string;
  redirectUris: string[];
  programmaticRefresh: boolean;
  /** What the platform's review has approved; null for all scopes. */
  approvedScopes: string[] | null;
  /** What else its developer has set in this platform's portal. */
  settings: Record<string, unknown>;
}

export interface NewPerson {
  platform: PlatformName;
  id: string;
  username: string;
  name: string;
  /** The login hint that created this person; null for seeded people. */
  hint: string | null;
  /** What only this platform stores about people. */
  facts: Record<string, unknown>;
}

export type Person = Omit<NewPerson, "hint">;

export interface NewCode {
  platform: PlatformName;
  code: string;
  grantId: number;
  redirectUri: string;
  issuedAt: number;
  /** What else the platform ties to a code, such as a PKCE challenge. */
  facts: Record<string, unknown>;
}

export interface Code extends NewCode {
  used: boolean;
  clientId: string;
  personId: string;
  scopes: string[];
}

export interface NewToken {
  platform: PlatformName;
  token: string;
  grantId: number;
  /** The platform's own kinds, such as `short`, `long` or `refresh`. */
  kind: string;
  issuedAt: number;
  expiresAt: number;
}

export interface Token extends NewToken {
  /** `expired` when forced; normal expiry follows from `expiresAt`. */
  state: "valid" | "expired" | "revoked";
  clientId: string;
  personId: string;
  scopes: string[];
}

/** Those who have not connected any app are deleted long before. */
const MOST_PEOPLE = 100_000;

export function openIdentity(store: Store): Identity {
  return {
    addApp(app) {
      store.run(
        "INSERT INTO apps VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        app.platform,
        app.clientId,
        app.clientSecret,
        JSON.stringify(app.redirectUris),
        app.programmaticRefresh ? 1 : 0,
      );
    },
    setAppSettings(platform, clientId, settings) {
      store.run(
        `INSERT INTO app_settings VALUES (?1, ?2, json_patch('{}', ?3))
         ON CONFLICT DO UPDATE SET settings = json_patch(settings, ?3)`,
        platform,
        clientId,
        JSON.stringify(settings),
      );
    },
    app(platform, clientId) {
      const row = store.get(
        `SELECT a.*, s.scopes AS approved, t.settings FROM apps a
           LEFT JOIN app_scopes s ON s.platform = a.platform AND s.client_id = a.client_id
           LEFT JOIN app_settings t ON t.platform = a.platform AND t.client_id = a.client_id
         WHERE a.platform = ? AND a.client_id = ?`,
        platform,
        clientId,
      );
      return (
        row && {
          platform,
          clientId,
          clientSecret: text(row, "client_secret"),
          redirectUris: strings(row, "redirect_uris"),
          programmaticRefresh: integer(row, "programmatic_refresh") === 1,
          approvedScopes: textOrNull(row, "approved") === null ? null : strings(row, "approved"),
          settings: Facts.parse(JSON.parse(textOrNull(row, "settings") ?? "{}")),
        }
      );
    },
    approveScopes(platform, clientId, scopes) {
      store.run("DELETE FROM app_scopes WHERE platform = ? AND client_id = ?", platform, clientId);
      if (scopes) store.run("INSERT INTO app_scopes VALUES (?, ?, ?)", platform, clientId, JSON.stringify(scopes));
    },
    addPerson(person) {
      if (integer(store.get("SELECT count(*) AS count FROM people"), "count") >= MOST_PEOPLE)
        throw new Error("The sandbox has as many people as it takes");
      const username = freeUsername(store, person.platform, person.username);
      store.run(
        "INSERT INTO people VALUES (?, ?, ?, ?, ?, ?)",
        person.platform,
        person.id,
        username,
        person.name,
        person.hint,
        JSON.stringify(person.facts),
      );
      return { platform: person.platform, id: person.id, username, name: person.name, facts: person.facts };
    },
    person: (platform, id) =>
      toPerson(platform, store.get("SELECT * FROM people WHERE platform = ? AND id = ?", platform, id)),
    personByHint: (platform, hint) =>
      toPerson(platform, store.get("SELECT * FROM people WHERE platform = ? AND hint = ?", platform, hint)),
    personByUsername: (platform, username) =>
      toPerson(platform, store.get("SELECT * FROM people WHERE platform = ? AND username = ?", platform, username)),
    addGrant(grant) {
      const row = store.get(
        "INSERT INTO grants (platform, client_id, person_id, scopes, created_at) VALUES (?, ?, ?, ?, ?) RETURNING id",
        grant.platform,
        grant.clientId,
        grant.personId,
        JSON.stringify(grant.scopes),
        grant.at,
      );
      return integer(row, "id");
    },
    addCode(code) {
      store.run(
        "INSERT INTO codes (platform, code, grant_id, redirect_uri, issued_at, facts) VALUES (?, ?, ?, ?, ?, ?)",
        code.platform,
        code.code,
        code.grantId,
        code.redirectUri,
        code.issuedAt,
        JSON.stringify(code.facts),
      );
    },
    code(platform, code) {
      const row = store.get(
        `SELECT c.*, g.client_id, g.person_id, g.scopes FROM codes c JOIN grants g ON g.id = c.grant_id
         WHERE c.platform = ? AND c.code = ?`,
        platform,
        code,
      );
      return (
        row && {
          platform,
          code,
          grantId: integer(row, "grant_id"),
          redirectUri: text(row, "redirect_uri"),
          issuedAt: integer(row, "issued_at"),
          facts: facts(row),
          used: integer(row, "used") === 1,
          ...grantOf(row),
        }
      );
    },
    useCode: (platform, code) =>
      store.run("UPDATE codes SET used = 1 WHERE platform = ? AND code = ? AND used = 0", platform, code) === 1,
    addToken(token) {
      store.run(
        "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, 'valid')",
        token.token,
        token.platform,
        token.grantId,
        token.kind,
        token.issuedAt,
        token.expiresAt,
      );
    },
    token(platform, token) {
      const row = store.get(
        `SELECT t.*, g.client_id, g.person_id, g.scopes, g.revoked FROM tokens t JOIN grants g ON g.id = t.grant_id
         WHERE t.token = ? AND t.platform = ?`,
        token,
        platform,
      );
      return (
        row && {
          platform,
          token,
          grantId: integer(row, "grant_id"),
          kind: text(row, "kind"),
          issuedAt: integer(row, "issued_at"),
          expiresAt: integer(row, "expires_at"),
          state: integer(row, "revoked") === 1 ? "revoked" : text(row, "state") === "expired" ? "expired" : "valid",
          ...grantOf(row),
        }
      );
    },
    expireToken(platform, token) {
      store.run("UPDATE tokens SET state = 'expired' WHERE token = ? AND platform = ?", token, platform);
    },
    revokeToken(platform, token) {
      store.run(
        "UPDATE grants SET revoked = 1 WHERE id = (SELECT grant_id FROM tokens WHERE token = ? AND platform = ?)",
        token,
        platform,
      );
    },
  };
}

/** A secret as long as the platforms' own, so that searching logs for it gives no false matches. */
export function randomSecret(prefix: string, lengthBytes = 60): string {
  return prefix + randomBytes(lengthBytes).toString("base64url");
}

function freeUsername(store: Store, platform: PlatformName, wanted: string): string {
  const taken = (username: string) =>
    store.get("SELECT 1 FROM people WHERE platform = ? AND username = ?", platform, username);
  let username = wanted;
  for (let number = 2; taken(username); number += 1) username = `${wanted.slice(0, 26)}${number}`;
  return username;
}

function toPerson(platform: PlatformName, row: Row | undefined): Person | undefined {
  return (
    row && {
      platform,
      id: text(row, "id"),
      username: text(row, "username"),
      name: text(row, "name"),
      facts: facts(row),
    }
  );
}

function grantOf(row: Row): { clientId: string; personId: string; scopes: string[] } {
  return {
    clientId: textOrNull(row, "client_id") ?? "",
    personId: text(row, "person_id"),
    scopes: strings(row, "scopes"),
  };
}

const StringList = z.array(z.string());
const Facts = z.record(z.string(), z.unknown());

function strings(row: Row, column: string): string[] {
  return StringList.parse(JSON.parse(text(row, column)));
}

function facts(row: Row): Record<string, unknown> {
  return Facts.parse(JSON.parse(text(row, "facts")));
}
