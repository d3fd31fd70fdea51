import { createHash } from "node:crypto";

import type { CardOptions } from "../platforms/kit/card/card.ts";
import { printHtml } from "../platforms/kit/card/markup.ts";
import { PLAIN_CARD } from "../platforms/kit/card/plain.ts";
import { CARD_STYLE } from "../platforms/kit/card/style.ts";
import { escapeHtml } from "./html.ts";
import { SANDBOX_PLATFORMS } from "./index.ts";
import type { AccountName, SeenPost } from "./ledger.ts";
import { PAGE_STYLE } from "./page-style.ts";
import { htmlAnswer, type PlatformAnswer } from "./platform.ts";
import type { World } from "./world.ts";

export interface PageContext {
  world: World;
  /** The dashboard's URL; null if the page has no link to it. */
  appUrl: string | null;
  /** Whose posts are shown; null for all. */
  accounts: readonly AccountName[] | null;
}

const CHAINS_A_PAGE = 30;

/**
 * The page at `/`, and the post or profile of a sandbox permalink. Undefined for any other URL. All links are relative,
 * so that it can also be served below another path.
 */
export function answerPage(context: PageContext, url: URL, host: string | undefined): PlatformAnswer | undefined {
  const { world } = context;
  if (url.pathname === "/") return feed(context, url);
  if (host === undefined) return undefined;
  const now = world.clock.now();
  for (const address of addressesOf(url, host)) {
    const post = world.ledger.byUrl(address, now);
    if (post && isShown(context, post))
      return single(context, url, [post], `${post.look.author.name} in the sandbox`, post.post.id);
    const posts = world.ledger.byAuthor(address, now, CHAINS_A_PAGE).filter((one) => isShown(context, one));
    if (posts.length > 0)
      return single(context, url, posts, `Posts by ${posts[0]?.look.author.name ?? "this profile"}`, null);
  }
  return undefined;
}

function isShown({ accounts }: PageContext, { post }: SeenPost): boolean {
  return (
    accounts === null || accounts.some((one) => one.platform === post.platform && one.accountId === post.accountId)
  );
}

/** The forms of a permalink: with the host's name or an alias, with or without a trailing slash. */
function addressesOf(url: URL, host: string): string[] {
  const path = url.pathname.slice(url.pathname.indexOf("/", 1)).replace(/\/$/, "");
  const named = url.pathname.split("/", 2)[1] ?? host;
  return [...new Set([host, named])].flatMap((one) => [
    `https://${one}${path}${url.search}`,
    `https://${one}${path}/${url.search}`,
  ]);
}

function feed(context: PageContext, url: URL): PlatformAnswer {
  const { world } = context;
  const platform = SANDBOX_PLATFORMS.find((one) => one.name === url.searchParams.get("platform"));
  const before = Number(url.searchParams.get("before") ?? NaN);
  const posts = world.ledger.list({
    ...(platform && { platform: platform.name }),
    accounts: context.accounts,
    ...(Number.isSafeInteger(before) && { before }),
    limit: CHAINS_A_PAGE,
    now: world.clock.now(),
  });
  const cards =
    posts.length === 0 ? emptyState(context, Number.isSafeInteger(before)) : chains(context, url, posts, null);
  const last = posts.at(-1);
  const filter = platform ? `platform=${platform.name}&` : "";
  const older =
    posts.length === CHAINS_A_PAGE && last
      ? `<a class="older" href="?${filter}before=${last.seq}">Older posts</a>`
      : "";
  const tab = (label: string, query: string, current: boolean) =>
    `<a href="${query}"${current ? ' aria-current="page"' : ""}>${escapeHtml(label)}</a>`;
  const tabs = [
    tab("All", "./", !platform),
    ...SANDBOX_PLATFORMS.map((one) => tab(one.label, `?platform=${one.name}`, one === platform)),
  ];
  return layout(context, url, {
    title: "Ampost sandbox",
    nav: `<nav aria-label="Platform">${tabs.join("")}</nav>`,
    main: cards + older,
  });
}

function single(
  context: PageContext,
  url: URL,
  posts: SeenPost[],
  title: string,
  focus: string | null,
): PlatformAnswer {
  return layout(context, url, {
    title,
    nav: `<nav><a href="${rootOf(url)}">All posts</a></nav>`,
    main: chains(context, url, posts, focus),
  });
}

/** One card for each chain that contains these posts, in their order. */
function chains(context: PageContext, url: URL, posts: SeenPost[], focus: string | null): string {
  const { world } = context;
  const now = world.clock.now();
  const base = rootOf(url);
  const seen = new Set<string>();
  const cards = posts.flatMap(({ post, rootId }) => {
    const key = `${post.platform} ${rootId}`;
    if (seen.has(key)) return [];
    seen.add(key);
    const platform = SANDBOX_PLATFORMS.find((one) => one.name === post.platform);
    const chain = world.ledger.chain(post.platform, rootId, now).filter((one) => isShown(context, one));
    const options: CardOptions = {
      href: (address) => base + address.replace(/^https:\/\//, ""),
      picture: (thumbnail) => `${base}_sandbox/media/${thumbnail}`,
      now,
      label: platform?.label ?? post.platform,
      focus,
    };
    const { draw } = platform?.card ?? PLAIN_CARD;
    return [`<div class="on-${post.platform}">${printHtml(draw(chain, options))}</div>`];
  });
  return `<div class="feed">${cards.join("\n")}</div>`;
}

function emptyState({ appUrl }: PageContext, older: boolean): string {
  if (older) return `<div class="empty"><p>No older posts.</p></div>`;
  const api = escapeHtml(appUrl ?? "http://localhost:3000");
  return `<div class="empty"><h2>Nothing published yet</h2>
<p>Posts made with test keys are published to the sandbox and appear here as their audience would see them. To publish your first one:</p>
<pre tabindex="0"><code>BOOT=$(npm run --silent ampost -- bootstrap --json)
KEY=$(echo "$BOOT" | sed 's/.*"apiKey":"\\([^"]*\\).*/\\1/')
SET=$(echo "$BOOT" | sed 's/.*"platformSetId":"\\([^"]*\\)","accounts.*/\\1/')

POST=$(curl -s ${api}/api/v1/posts -H "Authorization: Bearer $KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"platformSetId":"'$SET'","content":{"text":"Hello from Ampost"},"platforms":["threads"]}' \\
  | sed 's/.*"post":{"id":"\\([^"]*\\).*/\\1/')

curl -s -X POST ${api}/api/v1/posts/$POST/publish -H "Authorization: Bearer $KEY"</code></pre></div>`;
}

/** From any page back to the front page, as a relative URL. */
function rootOf(url: URL): string {
  return "../".repeat(Math.max(0, url.pathname.split("/").length - 2)) || "./";
}

function layout(
  { world, appUrl }: PageContext,
  url: URL,
  { title, nav, main }: { title: string; nav: string; main: string },
): PlatformAnswer {
  const version = createHash("sha256").update(main).digest("base64url").slice(0, 12);
  const nonce = createHash("sha256").update(`${version}${process.hrtime.bigint()}`).digest("base64url").slice(0, 16);
  const moved = Math.abs(world.clock.now() - Date.now()) > 5_000;
  const clock = moved
    ? `<p class="clock">The sandbox clock is set to ${new Date(world.clock.now()).toUTCString()}.</p>`
    : "";
  const dashboard =
    appUrl && URL.canParse(appUrl) ? `<a class="app" target="_top" href="${escapeHtml(appUrl)}">Dashboard</a>` : "";
  const page = htmlAnswer(`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport"
      content="width=device-width,initial-scale=1">
<title>${escapeHtml(title)}</title><link rel="icon" href="data:,"><style>${STYLE}</style><noscript><meta
  http-equiv="refresh" content="20"></noscript></head>
<body><header><div class="bar"><a class="brand"
  href="${rootOf(url)}"><span></span>Ampost sandbox</a>${dashboard}</div>${nav}</header>
<main data-version="${version}"><h1 class="unseen">${escapeHtml(title)}</h1>${clock}${main}</main>
<button id="fresh" hidden>New posts</button>
<footer>Posts as their audience would see them. Nothing here leaves this machine.</footer>
<script nonce="${nonce}">${REFRESH_SCRIPT}</script></body></html>`);
  const policy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
    `script-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'`;
  return { ...page, headers: { ...page.headers, "content-security-policy": policy } };
}

const STYLE = CARD_STYLE + PAGE_STYLE + SANDBOX_PLATFORMS.map((platform) => platform.card?.style ?? "").join("");

/** Checks for new posts while the page is visible; asks first if the user has scrolled down or is selecting text. */
const REFRESH_SCRIPT = `
const button=document.getElementById('fresh');let waiting=null;
function show(){document.querySelector('main').replaceWith(waiting);waiting=null;button.hidden=true}
button.onclick=()=>{if(waiting)show();scrollTo({top:0,behavior:'smooth'})};
setInterval(async()=>{if(document.hidden)return;try{
const next=new DOMParser().parseFromString(await(await fetch(location.href)).text(),'text/html').querySelector('main');
if(!next||next.dataset.version===document.querySelector('main').dataset.version)return;
waiting=document.adoptNode(next);if(scrollY<60&&!String(getSelection())&&!document.querySelector('details[open]'))show();else button.hidden=false}catch{}},3000);
`;
