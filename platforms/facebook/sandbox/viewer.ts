import type { Person, Token } from "../../../sandbox/identity.ts";
import { noObject, openGraph, Refusal, type Graph } from "../../../sandbox/meta/graph.ts";
import { grantedPages, mayCreateContent, pageById, pageIdOf, type Page } from "../../../sandbox/meta/pages.ts";
import { TOKEN_ERRORS, tokenOf } from "../../../sandbox/meta/tokens.ts";
import type { Call, Outcome } from "../../../sandbox/platform.ts";

/** The caller: a person, or a Page that a person manages. */
export interface Viewer {
  token: Token;
  person: Person;
  /** The Page the token belongs to; undefined for a person. */
  page: Page | undefined;
}

/** A Page calling with its own token. */
export interface PageViewer extends Viewer {
  page: Page;
}

export const HOST = "graph.facebook.com";
export const UPLOAD_HOST = "rupload.facebook.com";

export const graph: Graph = openGraph({ usageType: "pages", accountOf });

/** The Page or person behind a call's token, valid or not; empty if unknown. */
export function accountOf(call: Call): string {
  const token = call.accessToken === null ? undefined : call.world.identity.token("facebook", call.accessToken);
  return token ? (pageIdOf(token) ?? token.personId) : "";
}

export function viewerOf(call: Call): Viewer {
  const token = tokenOf(call, "facebook");
  const person = call.world.identity.person("facebook", token.personId);
  if (!person) throw new Refusal(TOKEN_ERRORS.unreadable);
  const pageId = pageIdOf(token);
  const page = pageId === undefined ? undefined : pageById(call.world, "facebook", pageId);
  if (pageId !== undefined && !page) throw new Refusal(TOKEN_ERRORS.unreadable);
  return { token, person, page };
}

export function withViewer(run: (call: Call, viewer: Viewer) => Outcome): (call: Call) => Outcome {
  return graph.refusing((call) => run(call, viewerOf(call)));
}

/**
 * For calls that publish as a Page: they only accept that Page's own token, with the scope, of someone who can create
 * content.
 */
export function withPublisher(run: (call: Call, viewer: PageViewer) => Outcome): (call: Call) => Outcome {
  return graph.refusing((call) => run(call, publisherOf(call, call.segments["page"])));
}

/** `{page}` in a path is the Page's ID, or `me` with its token; undefined if the path has none. */
export function publisherOf(call: Call, id: string | undefined): PageViewer {
  const viewer = viewerOf(call);
  const { page } = viewer;
  if (!page)
    throw new Refusal({
      message: "(#200) This call needs the Page's own access token with the pages_manage_posts permission",
      code: 200,
    });
  if (id !== undefined && id !== "me" && id !== page.id) throw noObject(id);
  needScope(viewer, "pages_manage_posts");
  needScope(viewer, "pages_read_engagement");
  if (!mayCreateContent(page))
    throw new Refusal({ message: "(#200) The user must be allowed to create content on this Page", code: 200 });
  return { ...viewer, page };
}

/** For reading a Page: its own token, or that of a person who let the app access it. */
export function readerOf(call: Call, id: string): PageViewer {
  const viewer = viewerOf(call);
  needScope(viewer, "pages_read_engagement");
  const page = viewer.page ?? grantedPages(call.world, viewer.token.grantId).find((one) => one.id === id);
  if (!page || (id !== "me" && id !== page.id)) throw noObject(id);
  return { ...viewer, page };
}

export function needScope({ token }: Viewer, scope: string): void {
  if (!token.scopes.includes(scope))
    throw new Refusal({ message: `(#200) Requires ${scope} permission to manage the object`, code: 200 });
}

/** Whether this caller can see a Page's content. */
export function reaches(call: Call, { token, page }: Viewer, pageId: string): boolean {
  return page ? page.id === pageId : grantedPages(call.world, token.grantId).some((one) => one.id === pageId);
}
