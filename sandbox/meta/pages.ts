import { z } from "zod";

import type { PlatformName } from "../../model/platform-names.ts";
import type { Token } from "../identity.ts";
import type { Call } from "../platform.ts";
import { text, textOrNull, type Row } from "../store.ts";
import type { World } from "../world.ts";
import { issueToken, knownToken, NEVER } from "./tokens.ts";

/** Facebook Pages, and which of them a person has let an app access. A reset keeps both. */
export interface Page {
  id: string;
  platform: PlatformName;
  /** The person who manages it. */
  owner: string;
  name: string;
  username: string;
  /** The person's tasks there. */
  tasks: string[];
  /** The professional Instagram account linked to it. */
  linkedId: string | null;
}

export const PAGES_SCHEMA = `
CREATE TABLE IF NOT EXISTS meta_pages (
  id TEXT PRIMARY KEY, platform TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, username TEXT NOT NULL,
  tasks TEXT NOT NULL, linked TEXT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS meta_pages_by_owner ON meta_pages (platform, owner);
CREATE TABLE IF NOT EXISTS meta_granted_pages (grant_id INTEGER NOT NULL, page_id TEXT NOT NULL,
  PRIMARY KEY (grant_id, page_id)) WITHOUT ROWID;`;

/** All tasks on a classic Page, and on one with the New Pages Experience, today's default. */
export const ALL_TASKS = {
  classic: ["ANALYZE", "ADVERTISE", "MESSAGING", "MODERATE", "CREATE_CONTENT", "MANAGE"],
  new: ["ANALYZE", "ADVERTISE", "MESSAGING", "MODERATE", "CREATE_CONTENT", "MANAGE", "FULL_CONTROL"].map(
    (task) => `PROFILE_PLUS_${task}`,
  ),
};

/** Whether the person who manages the Page can publish as it. */
export function mayCreateContent({ tasks }: Page): boolean {
  return tasks.some((task) => /^(?:PROFILE_PLUS_)?(?:CREATE_CONTENT|MANAGE|FULL_CONTROL)$/.test(task));
}

export function addPage(world: World, page: Page): Page {
  world.store.run(
    "INSERT INTO meta_pages VALUES (?, ?, ?, ?, ?, ?, ?)",
    page.id,
    page.platform,
    page.owner,
    page.name,
    page.username,
    JSON.stringify(page.tasks),
    page.linkedId,
  );
  return page;
}

export function nextPageId(world: World): string {
  return String(61_550_000_000_000n + BigInt(world.store.next("meta.page")));
}

export function pageById(world: World, platform: PlatformName, id: string): Page | undefined {
  const row = world.store.get("SELECT * FROM meta_pages WHERE id = ? AND platform = ?", id, platform);
  return row && toPage(row);
}

export function pagesOf(world: World, platform: PlatformName, owner: string): Page[] {
  return world.store
    .all("SELECT * FROM meta_pages WHERE platform = ? AND owner = ? ORDER BY id", platform, owner)
    .map(toPage);
}

export function grantPages(world: World, grantId: number, pageIds: readonly string[]): void {
  for (const id of pageIds) world.store.run("INSERT OR IGNORE INTO meta_granted_pages VALUES (?, ?)", grantId, id);
}

export function grantedPages(world: World, grantId: number): Page[] {
  return world.store
    .all(
      "SELECT p.* FROM meta_granted_pages g JOIN meta_pages p ON p.id = g.page_id WHERE g.grant_id = ? ORDER BY p.id",
      grantId,
    )
    .map(toPage);
}

/**
 * The Page's own token for the person behind a user token: without an expiry if the user token is long-lived, otherwise
 * with the same expiry.
 */
export function pageToken(call: Call, user: Token, page: Page, seedName: (long: boolean) => string | null): string {
  const long = user.kind === "user-long";
  const of = { platform: user.platform, grantId: user.grantId, kind: `page-${long ? "long" : "short"}:${page.id}` };
  return (
    knownToken(call, of) ??
    issueToken(call, { ...of, expiresAt: long ? NEVER : user.expiresAt, prefix: "EAAP", name: seedName(long) })
  );
}

/** The Page that a token belongs to; undefined for a person's token. */
export function pageIdOf(token: Token): string | undefined {
  return /^page-(?:long|short):(.+)$/.exec(token.kind)?.[1];
}

function toPage(row: Row): Page {
  return {
    id: text(row, "id"),
    platform: z.enum(["facebook", "instagram"]).parse(text(row, "platform")),
    owner: text(row, "owner"),
    name: text(row, "name"),
    username: text(row, "username"),
    tasks: z.array(z.string()).parse(JSON.parse(text(row, "tasks"))),
    linkedId: textOrNull(row, "linked"),
  };
}
