import type { PlatformName } from "../../model/platform-names.ts";

export interface Sample {
  apiUrl: string;
  version: string;
  /** The raw key. */
  key: string;
  /** ID of the set that the post is for. */
  platformSetId: string;
  platform: PlatformName;
}

export interface Snippet {
  language: "curl" | "TypeScript" | "Python" | "MCP";
  text: string;
}

/** The same first request in each language, ready to run: it creates a draft. */
export function snippetsOf(sample: Sample): readonly Snippet[] {
  const { apiUrl, version, key, platformSetId, platform } = sample;
  const body = (text: string) => ({ content: { text }, platforms: [platform], platformSetId });
  return [
    {
      language: "curl",
      text: [
        `curl ${apiUrl}/api/v1/posts \\`,
        `  -H "Authorization: Bearer ${key}" \\`,
        `  -H "Content-Type: application/json" \\`,
        `  -d '${JSON.stringify(body("Hello from curl"))}'`,
      ].join("\n"),
    },
    {
      language: "TypeScript",
      text: [
        `// npm install ${apiUrl}/packages/ampost-client-${version}.tgz`,
        `import { createClient } from "@ampost/client";`,
        "",
        `const client = createClient({ apiKey: "${key}", baseUrl: "${apiUrl}" });`,
        `const { post } = await client.posts.create(${JSON.stringify(body("Hello from TypeScript"), null, 2)});`,
        "console.log(post.id, post.status);",
      ].join("\n"),
    },
    {
      language: "Python",
      text: [
        `# pip install ${apiUrl}/packages/ampost-${version}-py3-none-any.whl`,
        "from ampost import Client",
        "",
        `client = Client("${key}", "${apiUrl}")`,
        `post = client.posts.create(${JSON.stringify(body("Hello from Python"), null, 4)})["post"]`,
        `print(post["id"], post["status"])`,
      ].join("\n"),
    },
    { language: "MCP", text: mcpConfig(`${apiUrl}/mcp`, key) },
  ];
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
