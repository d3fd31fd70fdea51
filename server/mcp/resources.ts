import {
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  ResourceTemplate,
} from "@modelcontextprotocol/server";
import { z } from "zod";

import { PublicError } from "../../model/errors.ts";
import { PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";
import { sentence } from "../../model/sentence.ts";
import { catalog } from "../../platforms/catalog.ts";
import { describePlatform, listLimits } from "../../platforms/describe.ts";
import { onInstance } from "../../platforms/scheduling.ts";
import type { DocPage } from "../../printing/pages.ts";
import { toRefusal } from "../calls/refusals.ts";
import { getPlatform } from "../domain/platforms/platforms.ts";
import { getPost } from "../domain/posts/get-post.ts";
import { listPosts } from "../domain/posts/list-posts.ts";
import type { Services } from "../domain/services.ts";
import type { McpCaller, ToolServices } from "./call-tool.ts";

const PLATFORMS = "ampost://platforms/";
const POSTS = "ampost://posts/";
const DOCS = "ampost://docs/";

/** What an agent can read in addition to calling tools: the rules of each platform, posts, and the documentation. */
export function addResources(
  server: McpServer,
  { services, docs }: Pick<ToolServices, "services" | "docs">,
  caller: McpCaller,
): void {
  server.registerResource(
    "platform",
    new ResourceTemplate(`${PLATFORMS}{name}`, {
      list: () => ({ resources: PLATFORM_NAMES.map(platformResource) }),
      complete: { name: (begun) => PLATFORM_NAMES.filter((name) => name.startsWith(begun)) },
    }),
    {
      title: "Platform rules",
      description: "What a platform supports, in sentences and as data, with the JSON Schema of its settings.",
      mimeType: "text/markdown",
    },
    (uri, { name }) => ({ contents: readPlatform(services, uri.href, String(name)) }),
  );
  server.registerResource(
    "post",
    new ResourceTemplate(`${POSTS}{id}`, {
      list: async () => ({
        resources: await withProtocolErrors(services, caller, () => listPostResources(services, caller)),
      }),
    }),
    {
      title: "A post",
      description: "A post with all its platform posts, as posts_get returns it. The list has the newest ones.",
      mimeType: "application/json",
    },
    async (uri, { id }) => ({
      contents: [
        {
          uri: uri.href,
          mimeType: "application/json",
          text: await withProtocolErrors(services, caller, () => readPost(services, caller, uri.href, String(id))),
        },
      ],
    }),
  );
  server.registerResource(
    "documentation",
    new ResourceTemplate(`${DOCS}{+page}`, {
      list: async () => ({ resources: (await withProtocolErrors(services, caller, docs)).map(pageResource) }),
    }),
    {
      title: "Documentation page",
      description: "Guides, platforms, endpoints and error codes.",
      mimeType: "text/markdown",
    },
    async (uri) => {
      const page = (await withProtocolErrors(services, caller, docs)).find(
        (each) => pageResource(each).uri === uri.href,
      );
      if (page === undefined) throw new ResourceNotFoundError(uri.href);
      return { contents: [{ uri: uri.href, mimeType: "text/markdown", text: page.markdown }] };
    },
  );
}

/** "/docs/webhooks" is "ampost://docs/webhooks", and the first page "ampost://docs/overview". */
function pageResource({ path, title, group }: DocPage): {
  uri: string;
  name: string;
  title: string;
  mimeType: string;
  description: string;
} {
  const name = path === "/docs" ? "overview" : path.slice("/docs/".length);
  return { uri: DOCS + name, name, title, mimeType: "text/markdown", description: `Documentation: ${group}.` };
}

function platformResource(name: PlatformName): {
  uri: string;
  name: string;
  title: string;
  mimeType: string;
  description: string;
} {
  const { label } = catalog[name].capabilities;
  return {
    uri: PLATFORMS + name,
    name,
    title: `${label} rules`,
    mimeType: "text/markdown",
    description: `What ${label} supports.`,
  };
}

function readPlatform(
  services: Pick<Services, "settings">,
  uri: string,
  given: string,
): { uri: string; mimeType: string; text: string }[] {
  const name = PLATFORM_NAMES.find((known) => known === given);
  if (name === undefined) throw new ResourceNotFoundError(uri);
  const { capabilities, rules } = catalog[name];
  const limits = listLimits(capabilities).map(({ what, limit }) => `- ${what}: ${limit}`);
  const sentences = rules.map(({ message, fix }) => `- ${sentence(message)} ${fix}`);
  const text = [
    `# ${capabilities.label}`,
    describePlatform(onInstance(capabilities, services.settings)),
    "## Limits",
    limits.join("\n"),
    ...(sentences.length === 0 ? [] : ["## Rules", sentences.join("\n")]),
  ].join("\n\n");
  return [
    { uri, mimeType: "text/markdown", text: `${text}\n` },
    { uri: `${uri}#data`, mimeType: "application/json", text: JSON.stringify(getPlatform(services, name).body) },
  ];
}

async function listPostResources(
  services: Services,
  caller: McpCaller,
): Promise<{ uri: string; name: string; title: string; mimeType: string; description: string }[]> {
  const { posts } = (await listPosts(services, caller, { limit: 20, offset: 0 })).body;
  return posts.map(({ id, status, platforms, textPreview }) => ({
    uri: POSTS + id,
    name: id,
    title: textPreview === "" ? "(no text)" : textPreview,
    mimeType: "application/json",
    description: `${status}, for ${platforms.join(", ")}`,
  }));
}

async function readPost(services: Services, caller: McpCaller, uri: string, id: string): Promise<string> {
  if (!z.guid().safeParse(id).success) throw new ResourceNotFoundError(uri);
  try {
    return JSON.stringify((await getPost(services, caller, id)).body);
  } catch (error) {
    throw error instanceof PublicError && error.code === "POST_NOT_FOUND" ? new ResourceNotFoundError(uri) : error;
  }
}

/** Internal errors are reported without details. */
async function withProtocolErrors<Result>(
  { log }: Pick<Services, "log">,
  { requestId }: McpCaller,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    const { code, message } = toRefusal(error);
    if (code === "INTERNAL_ERROR") log.error({ err: error, requestId }, "a resource could not be read");
    throw new ProtocolError(ProtocolErrorCode.InternalError, `${code}: ${message}`);
  }
}
