import type { PlatformName } from "../model/platform-names.ts";
import type { TestTenant, World } from "./world.ts";

/** How a person responds on a consent page of the sandbox. */
export interface Answering {
  decision?: "approve" | "refuse";
  /** Values to leave unticked: scopes, Pages. */
  untick?: readonly string[];
  /** Who responds. Default: the user's own person. */
  person?: string;
}

export interface Beginning {
  platformSetId?: string;
  login?: string;
  returnTo?: string;
  /** Another user's workspace. */
  workspace?: string;
}

/** The app's own URL, as pages and redirects name it. */
const APP_URL = "http://localhost:3000";

/** The page that a browser shows, or where it is redirected. */
export interface Shown {
  status: number;
  location: string | null;
  text: string;
  headers: Headers;
}

/**
 * Connects an account as a browser does: opens the consent page, presses a button, returns to the app and, where several
 * accounts are offered, chooses the first. With `chooses: false`, it stops there.
 */
export async function connectAs(
  world: World,
  cookie: string,
  tenant: TestTenant,
  platform: PlatformName,
  options: Beginning & Answering & { chooses?: boolean } = {},
): Promise<Shown> {
  const begun = await begin(world, cookie, tenant, platform, options);
  const shown = await arrive(world, cookie, await answerConsent(locationOf(begun), options));
  const [choosePath] = /\/connections\/choose\/[\w-]+(\?.*)?/.exec(shown.location ?? "") ?? [];
  if (choosePath === undefined || options.chooses === false) return shown;
  const platformAccountId = firstOffered((await show(world.url + choosePath, cookie)).text);
  return await show(world.url + choosePath, cookie, { platformAccountId });
}

/** The first of the accounts on a page that offers several. */
export function firstOffered(page: string): string {
  return /name="platformAccountId" value="([^"]+)"/.exec(page)?.[1] ?? "";
}

/** Requests the URL of a platform's consent page. */
export async function begin(
  world: World,
  cookie: string,
  { mode, platformSetId }: TestTenant,
  platform: PlatformName,
  options: Beginning = {},
): Promise<Shown> {
  const { login, returnTo, workspace } = options;
  const query = new URLSearchParams({
    platformSetId: options.platformSetId ?? platformSetId,
    mode,
    ...(login === undefined ? {} : { login }),
    ...(returnTo === undefined ? {} : { returnTo }),
    ...(workspace === undefined ? {} : { workspace }),
  });
  return await show(`${world.url}/api/platforms/${platform}/connect?${query}`, cookie);
}

/** Presses a button on the consent page at this URL. Returns where the platform redirects the browser. */
export async function answerConsent(
  authorizeUrl: string,
  { decision = "approve", untick = [], person }: Answering = {},
): Promise<URL> {
  const url = new URL(authorizeUrl);
  if (person !== undefined) url.searchParams.set("login_hint", person);
  const page = await show(url.href);
  const ticked = [...page.text.matchAll(/<input [^>]*name="([^"]*)" value="([^"]*)"[^>]*>/g)].filter(
    ([input, , value = ""]) => !input.includes(" disabled") && !untick.includes(value),
  );
  const fields: [string, string][] = [
    ["decision", decision],
    ...ticked.map(([, name = "", value = ""]): [string, string] => [name, value]),
  ];
  const response = await fetch(url, { method: "POST", redirect: "manual", body: new URLSearchParams(fields) });
  const location = response.headers.get("location");
  if (location === null)
    throw new Error(`the consent page sent nobody back: ${response.status} ${await response.text()}`);
  return new URL(location);
}

/** Returns to the app with the platform's redirect. */
export async function arrive(world: World, cookie: string, back: URL): Promise<Shown> {
  return await show(`${world.url}${back.pathname}${back.search}`, cookie);
}

async function show(url: string, cookie?: string, form?: Record<string, string>): Promise<Shown> {
  const response = await fetch(url, {
    redirect: "manual",
    headers: { ...(cookie === undefined ? {} : { cookie }), ...(form === undefined ? {} : { origin: APP_URL }) },
    ...(form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) }),
  });
  return {
    status: response.status,
    location: response.headers.get("location"),
    text: await response.text(),
    headers: response.headers,
  };
}

/** Where a browser was redirected. */
export function locationOf({ location, status, text }: Shown): string {
  if (location === null || status !== 302) throw new Error(`nobody was sent anywhere: ${status} ${text.slice(0, 500)}`);
  return location;
}
