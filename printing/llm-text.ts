import { OPERATIONS } from "../contract/index.ts";
import { errorLines } from "./error-pages.ts";
import { llmCalls } from "./llm-calls.ts";
import { llmPlatforms } from "./llm-platforms.ts";
import { code } from "./markdown.ts";
import type { Addresses, InstanceFacts, DocPage } from "./pages.ts";
import { CLIENT_AND_CALL } from "./prints.ts";

/** The guides a program needs to use the API correctly. */
const NEEDED = [
  "agents",
  "authentication",
  "posts",
  "scheduling",
  "media",
  "accounts",
  "exactly-once",
  "webhooks",
  "test-mode",
  "limits",
  "mcp",
];

/** `/llm.txt`: the whole API for a reader who has nothing else. */
export function llmText(pages: readonly DocPage[], instance: InstanceFacts): string {
  const { apiUrl, appUrl } = instance;
  const guides = NEEDED.flatMap((name) => pages.filter(({ path }) => path === `/docs/${name}`)).map(({ markdown }) =>
    below(curlAlone(markdown)),
  );
  const [byPeople, byOperators] = (["session", "operator"] as const).map((wanted) =>
    OPERATIONS.filter(({ auth }) => auth === wanted).map(
      ({ method, path, summary }) => `- ${code(`${method} ${path}`)} ${summary}`,
    ),
  );
  return [
    "# Ampost",
    "",
    "> One REST API (and MCP server) to publish and schedule posts on Instagram, Facebook, X, LinkedIn, TikTok, " +
      "YouTube and Threads, exactly once and on time.",
    "",
    `- REST: ${apiUrl}/api/v1, JSON, \`Authorization: Bearer amp_live_…\` or \`amp_test_…\``,
    `- MCP: ${apiUrl}/mcp, with the same keys`,
    `- OpenAPI 3.1: ${apiUrl}/openapi.json`,
    `- Documentation for people: ${appUrl}/docs; ` +
      "every page is also available as Markdown at its URL with `.md` added",
    `- More: ${appUrl}/llms.txt lists all pages, ${appUrl}/llms-full.txt has their full text`,
    "",
    ...guides.flatMap((guide) => [guide.trim(), ""]),
    "## Platforms",
    "",
    ...llmPlatforms(instance),
    "## Endpoints",
    "",
    ...llmCalls(),
    "### For people only",
    "",
    "These require a dashboard session and reject keys. Ask the user to do it in the dashboard.",
    "",
    ...(byPeople ?? []),
    "",
    "### For the operator only",
    "",
    "These require an operator key, which begins with `amp_op_`, and reject all others.",
    "",
    ...(byOperators ?? []),
    "",
    "## Error codes",
    "",
    ...errorLines(),
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
    `[llm.txt](${appUrl}/llm.txt) has everything a program needs, in one file.`,
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
