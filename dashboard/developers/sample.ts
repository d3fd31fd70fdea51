import type { PlatformName } from "../../model/platform-names.ts";

export interface Sample {
  apiUrl: string;
  version: string;
  /** The raw key, or what stands for it. */
  key: string;
}

export interface PostSample extends Sample {
  /** ID of the set that the post is for. */
  platformSetId: string;
  platform: PlatformName;
  /** What people call the platform. */
  label: string;
  /** Whether the post is published, too; otherwise it stays a draft. */
  isPublished: boolean;
}

export interface Snippet {
  language: "curl" | "TypeScript" | "Python" | "MCP";
  text: string;
  /** What to ask an agent that has been configured with the text. */
  request?: string;
}

/**
 * A first post in each language, ready to run. Each has a text of its own, since most platforms refuse the text of a
 * recent post.
 */
export function postSnippets(sample: PostSample): readonly Snippet[] {
  const { apiUrl, key, platformSetId, platform, label, isPublished } = sample;
  const textBy = (language: Snippet["language"]) => `Hello from Ampost, by ${language}!`;
  const bodyBy = (language: Snippet["language"]) => ({
    content: { text: textBy(language) },
    platforms: [platform],
    platformSetId,
  });
  const create = curl(`${apiUrl}/api/v1/posts`, key, bodyBy("curl"));
  return [
    {
      language: "curl",
      text: isPublished
        ? `ID=$(${create.replace("curl ", "curl -s ")} | grep -o '"id":"[^"]*' | head -n 1 | cut -d '"' -f 4)\n` +
          `curl -X POST "${apiUrl}/api/v1/posts/$ID/publish" \\\n` +
          `  -H "Authorization: Bearer ${key}" \\\n  -H "Prefer: wait=60"`
        : create,
    },
    {
      language: "TypeScript",
      text: typescript(sample, [
        `const { post } = await client.posts.create(${JSON.stringify(bodyBy("TypeScript"), null, 2)});`,
        ...(isPublished
          ? [
              "const { post: published } = await client.posts.publish(post.id, { waitSeconds: 60 });",
              "console.log(published.id, published.status);",
            ]
          : ["console.log(post.id, post.status);"]),
      ]),
    },
    {
      language: "Python",
      text: python(sample, [
        `post = client.posts.create(${JSON.stringify(bodyBy("Python"), null, 4)})["post"]`,
        ...(isPublished ? [`post = client.posts.publish(post["id"], wait_seconds=60)["post"]`] : []),
        `print(post["id"], post["status"])`,
      ]),
    },
    {
      language: "MCP",
      text: mcpConfig(`${apiUrl}/mcp`, key),
      request:
        `${isPublished ? "Publish" : "Write a draft of"} "${textBy("MCP")}" on ${label} ` +
        `with the platform set ${platformSetId}.`,
    },
  ];
}

/** The same first webhook in each language, ready to run. */
export function webhookSnippets(sample: Sample): readonly Snippet[] {
  const { apiUrl, key } = sample;
  const body = { url: "https://example.com/ampost-events" };
  return [
    { language: "curl", text: curl(`${apiUrl}/api/v1/webhooks`, key, body) },
    {
      language: "TypeScript",
      text: typescript(sample, [
        `const { webhook } = await client.webhooks.create(${JSON.stringify(body)});`,
        "console.log(webhook.id, webhook.secret);",
      ]),
    },
    {
      language: "Python",
      text: python(sample, [
        `webhook = client.webhooks.create(${JSON.stringify(body)})["webhook"]`,
        `print(webhook["id"], webhook["secret"])`,
      ]),
    },
    {
      language: "MCP",
      text: mcpConfig(`${apiUrl}/mcp`, key),
      request: `Create a webhook for ${body.url}.`,
    },
  ];
}

function curl(url: string, key: string, body: object): string {
  return [
    `curl ${url} \\`,
    `  -H "Authorization: Bearer ${key}" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '${JSON.stringify(body)}'`,
  ].join("\n");
}

function typescript({ apiUrl, version, key }: Sample, lines: readonly string[]): string {
  return [
    `// npm install ${apiUrl}/packages/ampost-client-${version}.tgz`,
    `import { createClient } from "@ampost/client";`,
    "",
    `const client = createClient({ apiKey: "${key}", baseUrl: "${apiUrl}" });`,
    ...lines,
  ].join("\n");
}

function python({ apiUrl, version, key }: Sample, lines: readonly string[]): string {
  return [
    `# pip install ${apiUrl}/packages/ampost-${version}-py3-none-any.whl`,
    "from ampost import Client",
    "",
    `client = Client("${key}", "${apiUrl}")`,
    ...lines,
  ].join("\n");
}

/** What most MCP clients read; without a key, they open a page on which a person authorizes them. */
export function mcpConfig(url: string, key: string | null): string {
  const headers = key === null ? {} : { headers: { Authorization: `Bearer ${key}` } };
  return indented({ mcpServers: { ampost: { type: "http", url, ...headers } } });
}

/** The address, in the form that each of these clients reads. */
export function mcpConfigs(url: string): readonly { client: string; where: string | null; text: string }[] {
  return [
    { client: "Claude Code", where: null, text: `claude mcp add --transport http ampost ${url}` },
    { client: "Cursor", where: "~/.cursor/mcp.json", text: indented({ mcpServers: { ampost: { url } } }) },
    { client: "VS Code", where: ".vscode/mcp.json", text: indented({ servers: { ampost: { type: "http", url } } }) },
    { client: "Codex", where: "~/.codex/config.toml", text: `[mcp_servers.ampost]\nurl = ${JSON.stringify(url)}` },
    { client: "JSON", where: "mcp.json", text: mcpConfig(url, null) },
  ];
}

function indented(value: object): string {
  return JSON.stringify(value, null, 2);
}
