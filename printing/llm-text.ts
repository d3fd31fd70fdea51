import { errorLines, warningLine } from "./error-pages.ts";
import { llmCalls } from "./llm-calls.ts";
import { llmPlatforms } from "./llm-platforms.ts";
import type { Addresses, InstanceFacts, DocPage } from "./pages.ts";
import { CLIENT_AND_CALL } from "./prints.ts";

/** The guides that a program needs from the start, each with the sections that it can look up when it needs them. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  agents: [],
  authentication: ["Rotate a key", "Grants: MCP clients without a key", "Endpoints that do not accept keys"],
  posts: [],
  scheduling: [
    "A queue: the next free posting time",
    "When it cannot be on time",
    "When a platform has no room",
    "Pause publishing",
    "Access that expires before",
  ],
  media: ["Files in the request", "Upload URLs", "Rewrapped videos", "Media by URL", "Placements"],
  accounts: [],
  "exactly-once": [
    "In Python",
    "How Ampost handles failures",
    "How outcomes are checked",
    "When the database is restored",
  ],
  "test-mode": ["More options"],
  mcp: ["Set up a client", "Fewer tools", "Signing in instead of a key", "All tools", "Sessions", "Request checks"],
};

/** The groups of pages that it links in addition, where they are not whole here. */
const LINKED = ["Get started", "Guides", "Clients and tools", "Agents"];

/** `/llm.txt`: what a reader who has nothing else needs to use the API, and where the rest is. */
export function llmText(pages: readonly DocPage[], instance: InstanceFacts): string {
  const { apiUrl, appUrl } = instance;
  const guides = Object.entries(NEEDED).flatMap(([name, omitted]) =>
    pages
      .filter(({ path }) => path === `/docs/${name}`)
      .map(({ markdown, path }) => below(curlAlone(without(markdown, omitted, `${appUrl}${path}.md`)))),
  );
  const more = pages.filter(
    ({ group, path }) => LINKED.includes(group) && NEEDED[path.slice("/docs/".length)]?.length !== 0,
  );
  return [
    "# Ampost",
    "",
    "> One REST API (and MCP server) to publish and schedule posts on Instagram, Facebook, X, LinkedIn, TikTok, " +
      "YouTube and Threads, exactly once and on time.",
    "",
    `- REST: ${apiUrl}/api/v1, JSON, \`Authorization: Bearer amp_live_…\` or \`amp_test_…\``,
    `- MCP: ${apiUrl}/mcp, with the same keys; \`/mcp?tools=posts,media\` has only these groups of tools`,
    `- OpenAPI 3.1: ${apiUrl}/openapi.json`,
    `- Documentation for people: ${appUrl}/docs; ` + "each page is Markdown at its URL with `.md` added",
    `- More: ${appUrl}/llms.txt (all pages), ${appUrl}/llms-full.txt (their text)`,
    "",
    ...guides.flatMap((guide) => [guide.trim(), ""]),
    "## Platforms",
    "",
    ...llmPlatforms(instance),
    "## Endpoints",
    "",
    ...llmCalls(instance),
    "## Error codes",
    "",
    `Each has a page, such as ${appUrl}/docs/errors/CONTENT_TOO_LONG.md.`,
    "",
    ...errorLines(),
    "",
    warningLine(),
    "",
    "## More",
    "",
    ...more.map(({ title, path }) => `- [${title}](${appUrl}${path}.md)`),
    "",
  ]
    .join("\n")
    .replace(/\[([^\]]+)\]\(\/docs[^)]*\)/g, "$1");
}

/** `/llms.txt`: an index of the pages in the format of llmstxt.org. */
export function llmsIndex(pages: readonly DocPage[], { appUrl }: Addresses): string {
  const groups = [...Map.groupBy(pages, ({ group }) => group)];
  return [
    "# Ampost",
    "",
    "> One API to publish posts to seven social networks, exactly once.",
    "",
    `[llm.txt](${appUrl}/llm.txt) has what a program needs first, in one file.`,
    "",
    ...groups.flatMap(([group, listed]) => [
      `## ${group}`,
      "",
      ...listed.map(({ title, path, markdown }) => `- [${title}](${appUrl}${path}.md): ${firstSentence(markdown)}`),
      "",
    ]),
  ].join("\n");
}

/** `/llms-full.txt`: all pages in one file. */
export function llmsFull(pages: readonly DocPage[]): string {
  return pages.map(({ path, markdown }) => `<!-- ${path} -->\n\n${markdown.trim()}\n`).join("\n");
}

/** A page without some of its sections, which are named with the page's URL instead. */
function without(markdown: string, omitted: readonly string[], url: string): string {
  const sections = markdown.split(/^(?=## )/m);
  const titleOf = (section: string) => /^## (.+)$/m.exec(section)?.[1] ?? "";
  const missing = omitted.find((title) => !sections.some((section) => titleOf(section) === title));
  if (missing !== undefined) throw new Error(`${url} has no section "${missing}"`);
  const kept = sections.filter((section) => !omitted.includes(titleOf(section))).join("");
  return omitted.length === 0 ? kept : `${kept.trimEnd()}\n\nMore: ${omitted.join(", ")} on ${url}`;
}

/** Keeps the curl samples and drops those in other languages. */
function curlAlone(markdown: string): string {
  return markdown
    .replace(`${CLIENT_AND_CALL}\n\n`, "")
    .replace(/^(```sh[^]*?^```\n)(?:\n```(?:ts|py)[^]*?^```\n)+/gm, "$1");
}

/** Lowers headings by one level, outside of code. */
function below(markdown: string): string {
  return markdown
    .split(/^(```[^]*?^```)$/m)
    .map((part, index) => (index % 2 === 0 ? part.replace(/^(#+ )/gm, "#$1") : part))
    .join("");
}

/** The first sentence of the first paragraph, without Markdown. */
export function firstSentence(markdown: string): string {
  const paragraph = markdown.split("\n\n").find((part) => /^[A-Za-z"`\[]/.test(part)) ?? "";
  const text = paragraph
    .replaceAll("\n", " ")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/[`*]/g, "");
  return (/^.*?\.(?= |$)/.exec(text)?.[0] ?? text).replace(/:$/, ".");
}
