import { z } from "zod";

import type { PlatformName } from "../../model/platform-names.ts";
import type { Token } from "../identity.ts";
import type { Call } from "../platform.ts";
import { text, textOrNull, type Row } from "../store.ts";
import type { World } from "../world.ts";
import type { Dialog } from "./consent.ts";
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
  /** The business portfolio that holds it; null if the person does. */
  business: Business | null;
}

export interface Business {
  id: string;
  name: string;
}

export const PAGES_SCHEMA = `
CREATE TABLE IF NOT EXISTS meta_pages (
  id TEXT PRIMARY KEY, platform TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, username TEXT NOT NULL,
  tasks TEXT NOT NULL, linked TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta_business_pages (
  page_id TEXT PRIMARY KEY, business_id TEXT NOT NULL, business_name TEXT NOT NULL) WITHOUT ROWID;
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

function addPage(world: World, page: Page): void {
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
  if (page.business)
    world.store.run("INSERT INTO meta_business_pages VALUES (?, ?, ?)", page.id, page.business.id, page.business.name);
}

function newBusiness(world: World, name: string): Business {
  return { id: String(71_550_000_000_000n + BigInt(world.store.next("meta.business"))), name: `${name} Business` };
}

const SELECT_PAGES = `SELECT p.*, b.business_id, b.business_name FROM meta_pages p
  LEFT JOIN meta_business_pages b ON b.page_id = p.id`;

/**
 * The Pages of a new person: one with the New Pages Experience, today's default, and a classic one, to which nothing is
 * linked. Words in the login hint change that: `one-page` leaves out the second, `classic` makes the first a classic one,
 * `portfolio` gives the first to a business portfolio, and `analyst` is a person who can only view insights. The seeded
 * person, who has no hint, has one classic Page.
 */
export function addPagesOf(
  world: World,
  person: Pick<Page, "platform" | "owner" | "name" | "username" | "linkedId"> & {
    hint: string | null;
    pageId?: string;
  },
): void {
  const { hint, pageId = nextPageId(world), ...page } = person;
  const has = (word: string) => hint?.includes(word) === true;
  const tasks = (kind: keyof typeof ALL_TASKS) => (has("analyst") ? ["ANALYZE"] : ALL_TASKS[kind]);
  addPage(world, {
    ...page,
    id: pageId,
    tasks: tasks(hint === null || has("classic") ? "classic" : "new"),
    business: has("portfolio") ? newBusiness(world, page.name) : null,
  });
  if (hint !== null && !has("one-page"))
    addPage(world, {
      ...page,
      id: nextPageId(world),
      name: `${page.name} Shop`,
      username: `${page.username}shop`,
      tasks: tasks("classic"),
      linkedId: null,
      business: null,
    });
}

function nextPageId(world: World): string {
  return String(61_550_000_000_000n + BigInt(world.store.next("meta.page")));
}

export function pageById(world: World, platform: PlatformName, id: string): Page | undefined {
  const row = world.store.get(`${SELECT_PAGES} WHERE p.id = ? AND p.platform = ?`, id, platform);
  return row && toPage(row);
}

export function pagesOf(world: World, platform: PlatformName, owner: string): Page[] {
  return world.store
    .all(`${SELECT_PAGES} WHERE p.platform = ? AND p.owner = ? ORDER BY p.id`, platform, owner)
    .map(toPage);
}

/** The boxes with which a person chooses the Pages that an app can access. */
export function choosingPages(platform: PlatformName, title: string): Pick<Dialog, "groups" | "granted"> {
  return {
    groups: ({ world }, person) => {
      const options = pagesOf(world, platform, person.id).map(({ id, name }) => ({
        value: id,
        label: name,
        required: false,
      }));
      return [{ title, field: "page", options }];
    },
    granted({ world }, { grantId, person }, fields) {
      const checked = [fields["page"] ?? []].flat();
      const ids = pagesOf(world, platform, person.id).map((page) => page.id);
      grantPages(
        world,
        grantId,
        ids.filter((id) => checked.includes(id)),
      );
    },
  };
}

export function grantPages(world: World, grantId: number, pageIds: readonly string[]): void {
  for (const id of pageIds) world.store.run("INSERT OR IGNORE INTO meta_granted_pages VALUES (?, ?)", grantId, id);
}

export function grantedPages(world: World, grantId: number): Page[] {
  return world.store
    .all(`${SELECT_PAGES} JOIN meta_granted_pages g ON g.page_id = p.id WHERE g.grant_id = ? ORDER BY p.id`, grantId)
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
  const businessId = textOrNull(row, "business_id");
  return {
    id: text(row, "id"),
    platform: z.enum(["facebook", "instagram"]).parse(text(row, "platform")),
    owner: text(row, "owner"),
    name: text(row, "name"),
    username: text(row, "username"),
    tasks: z.array(z.string()).parse(JSON.parse(text(row, "tasks"))),
    linkedId: textOrNull(row, "linked"),
    business: businessId === null ? null : { id: businessId, name: text(row, "business_name") },
  };
}
