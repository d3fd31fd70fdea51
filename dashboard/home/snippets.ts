import type { PlatformName } from "../../model/platform-names.ts";

/** What the snippets are about. */
export interface Facts {
  apiUrl: string;
  /** What to install for TypeScript. */
  clientUrl: string;
  /** The raw key, or what stands for it. */
  key: string;
  platformSetId: string;
  platform: PlatformName;
  label: string;
}

/** Publishes a first post, ready to run. */
export function firstPost({ apiUrl, clientUrl, key, platformSetId, platform, label }: Facts) {
  const post = { content: { text: "Hello from Ampost!" }, platforms: [platform], platformSetId };
  return {
    curl: `KEY=${key}
ID=$(curl -s ${apiUrl}/api/v1/posts -H "Authorization: Bearer $KEY" \\
  -H "Content-Type: application/json" -d '${JSON.stringify(post)}' \\
  | grep -o '"id":"[^"]*' | head -n 1 | cut -d '"' -f 4)
curl -s -X POST ${apiUrl}/api/v1/posts/$ID/publish -H "Authorization: Bearer $KEY" -H "Prefer: wait=60"
`,
    TypeScript: `// npm install ${clientUrl}
import { createClient } from "@ampost/client";

const client = createClient({ apiKey: "${key}", baseUrl: "${apiUrl}" });
const { post } = await client.posts.create(${JSON.stringify(post)});
const { post: published } = await client.posts.publish(post.id, { waitSeconds: 60 });
console.log(published.status, published.platformPosts[0]?.sandboxUrl);
`,
    Python: `import json, urllib.request

def call(method, path, body, **headers):
    return json.load(urllib.request.urlopen(urllib.request.Request(
        "${apiUrl}/api/v1" + path, json.dumps(body).encode(), method=method, headers={
            "Authorization": "Bearer ${key}", "Content-Type": "application/json", **headers})))

post = call("POST", "/posts", ${JSON.stringify(post)})["post"]
published = call("POST", f"/posts/{post['id']}/publish", {}, Prefer="wait=60")["post"]
print(published["status"], published["platformPosts"][0]["sandboxUrl"])
`,
    MCP: `${mcp(apiUrl, key)}
Then ask: Publish "Hello from Ampost!" on ${label} with platform set ${platformSetId}.
`,
  };
}

/** Creates a first webhook, ready to run. */
export function firstWebhook({ apiUrl, key }: Facts) {
  const webhook = { url: "https://example.com/ampost-events" };
  return {
    curl: `curl -s ${apiUrl}/api/v1/webhooks -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" -d '${JSON.stringify(webhook)}'
`,
    TypeScript: `import { createClient } from "@ampost/client";

const client = createClient({ apiKey: "${key}", baseUrl: "${apiUrl}" });
const { webhook } = await client.webhooks.create(${JSON.stringify(webhook)});
console.log(webhook.id, webhook.secret);
`,
    Python: `import json, urllib.request

request = urllib.request.Request("${apiUrl}/api/v1/webhooks", json.dumps(${JSON.stringify(webhook)}).encode(), {
    "Authorization": "Bearer ${key}", "Content-Type": "application/json"})
print(json.load(urllib.request.urlopen(request))["webhook"])
`,
    MCP: `${mcp(apiUrl, key)}
Then ask: Create a webhook for ${webhook.url}.
`,
  };
}

function mcp(apiUrl: string, key: string): string {
  const server = { type: "http", url: `${apiUrl}/mcp`, headers: { Authorization: `Bearer ${key}` } };
  return `${JSON.stringify({ mcpServers: { ampost: server } }, null, 2)}
`;
}
