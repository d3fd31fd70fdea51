import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Scheduling } from "../platforms/scheduling.ts";
import { errorPages } from "./error-pages.ts";
import { operationPages } from "./operation-pages.ts";
import { platformPages } from "./platform-pages.ts";
import { PRINTS } from "./prints.ts";

/** A page of the documentation. */
export interface DocPage {
  /** "/docs/webhooks"; its Markdown is at the same URL with `.md` appended. */
  path: string;
  title: string;
  /** Its section in the navigation. */
  group: string;
  markdown: string;
}

/** What its documentation says about an instance. */
export interface InstanceFacts extends Addresses, Scheduling {}

/** An instance's URLs, as the samples show them. */
export interface Addresses {
  apiUrl: string;
  appUrl: string;
}

/** The guides by file name, in reading order. */
const GUIDES: Readonly<Record<string, readonly string[]>> = {
  "Get started": ["overview", "quickstart", "authentication", "test-mode"],
  Guides: [
    "posts",
    "scheduling",
    "bulk",
    "media",
    "resumable-uploads",
    "platforms",
    "accounts",
    "connecting-accounts",
    "workspaces",
    "exactly-once",
    "webhooks",
    "errors",
    "usage",
    "limits",
    "not-included",
    "legacy-endpoints",
  ],
  "Clients and tools": ["client", "python-client", "command-line", "n8n"],
  Agents: ["agents", "mcp"],
  "Self-hosting": [
    "self-hosting",
    "deploying",
    "backing-up",
    "upgrading",
    "scaling-out",
    "monitoring",
    "tenants",
    "billing",
    "securing",
    "versioning",
    "changelog",
  ],
};

/** Pages of packages that are published separately. */
const PLACES: Readonly<Record<string, string>> = {
  changelog: "../CHANGELOG.md",
  client: "../client/README.md",
  "python-client": "../client/python/README.md",
  n8n: "../integrations/n8n/README.md",
};

/** Every page: the guides, then those generated from the platforms, operations and error codes. */
export async function loadPages(instance: InstanceFacts): Promise<DocPage[]> {
  const guides = Object.entries(GUIDES).flatMap(([group, names]) =>
    names.map((name) => readGuide(name, group, instance)),
  );
  return [
    ...(await Promise.all(guides)),
    await readGuide("api", "API", instance),
    ...operationPages(instance),
    ...(await platformPages(instance)),
    ...errorPages(),
  ];
}

async function readGuide(name: string, group: string, instance: InstanceFacts): Promise<DocPage> {
  const text = await readFile(join(import.meta.dirname, "../docs", PLACES[name] ?? `guides/${name}.md`), "utf8");
  const title = /^# (.+)$/m.exec(text)?.[1];
  if (title === undefined) throw new Error(`docs/guides/${name}.md has no title`);
  return {
    path: name === "overview" ? "/docs" : `/docs/${name}`,
    title: name === "overview" ? "Overview" : title.replaceAll("`", ""),
    group,
    markdown: here(linked(printed(text, name, instance)), instance),
  };
}

function printed(text: string, name: string, instance: Scheduling): string {
  return text.replace(/^<!-- print: (.+) -->$/gm, (_, wanted: string) => {
    const print = PRINTS[wanted];
    if (print === undefined) throw new Error(`docs/guides/${name}.md asks for "${wanted}", which nothing prints`);
    return print(instance).join("\n");
  });
}

/** The guides link to each other by file name, so that they can be read in the repository too. */
function linked(text: string): string {
  const named = Object.entries(PLACES).reduce(
    (left, [name, place]) => left.replaceAll(`](../${place})`, `](${name}.md)`),
    text,
  );
  return named.replace(
    /\]\((?:docs\/guides\/)?([\w-]+)\.md(#[\w-]+)?\)/g,
    (_, name: string, anchor = "") => `](/docs${name === "overview" ? "" : `/${name}`}${anchor})`,
  );
}

/** The samples with this instance's URLs. */
function here(text: string, { apiUrl, appUrl }: Addresses): string {
  return text.replace(
    /http:\/\/localhost:3000(?=(\/(?:sandbox|connections|keys|settings|docs|sign-in)\b)?)/g,
    (_, page: string | undefined) => (page === undefined ? apiUrl : appUrl),
  );
}
