import { EXAMPLE_PLATFORM } from "../platforms/catalog.ts";
import type { Config } from "../server/start/config.ts";

/** One example to try, as shell lines. */
export interface Example {
  title: string;
  lines: string[];
}

/** Printed by `ampost start` when it is ready; for a new instance, with examples. */
export function welcomeLines(config: Config, isNew: boolean): string[] {
  const { apiUrl, appUrl, sandbox, dataDir, databaseUrl } = config;
  return [
    "",
    `Ampost is ready at ${apiUrl}`,
    `  posts in the sandbox  ${appUrl}/sandbox`,
    `  sandbox               ${sandbox.url}`,
    `  data                  ${databaseUrl === null ? dataDir : `DATABASE_URL and ${dataDir}`}`,
    ...(isNew ? exampleLines(apiUrl) : []),
    "",
  ];
}

/** The repository's pictures are not in the package. */
const isPackage = import.meta.filename.endsWith(".js");

function exampleLines(apiUrl: string): string[] {
  const examples = isPackage ? firstPosts(apiUrl, "npx ampost").slice(0, 2) : firstPosts(apiUrl);
  return [
    "",
    "To publish your first post, run this in another terminal in this folder:",
    ...examples.flatMap(({ title, lines }) => ["", `  # ${title}`, ...lines.map((line) => `  ${line}`)]),
  ];
}

/** Printed at every start until an owner of the instance can sign in. */
export function setUpLines(setUpUrl: string): string[] {
  return [
    "This instance has no owner yet. Create your account with this link, which works once, for a day:",
    "",
    `  ${setUpUrl}`,
    "",
  ];
}

/**
 * Everything needed to publish a text, an image and a carousel in the sandbox: the README shows the same lines.
 */
export function firstPosts(apiUrl: string, ampost = "npm run --silent ampost --"): Example[] {
  // The shell inserts the set's ID between two quoted halves.
  const data = (text: string) =>
    `'{"platformSetId":"'$SET'","platforms":["${EXAMPLE_PLATFORM}"],"content":{"text":"${text}"}}'`;
  const create = `curl -s ${apiUrl}/api/v1/posts -H "Authorization: Bearer $KEY"`;
  const publish = `curl -s -X POST ${apiUrl}/api/v1/posts/$ID/publish -H "Authorization: Bearer $KEY" -H "Prefer: wait=60"`;
  const withId = (call: string) => [`ID=$(${call} | ${take("id")})`, publish];
  return [
    {
      title: "a test key and its platform set",
      lines: [
        `BOOT=$(${ampost} bootstrap --json)`,
        `KEY=$(echo "$BOOT" | ${take("apiKey")})`,
        `SET=$(echo "$BOOT" | ${take("platformSetId")})`,
      ],
    },
    { title: "text", lines: withId(`${create} -H "Content-Type: application/json" -d ${data("Hello from Ampost")}`) },
    {
      title: "an image",
      lines: withId(`${create} -F data=${data("One picture")} -F files=@${PICTURES}/photo-1x1.jpg`),
    },
    {
      title: "a carousel",
      lines: withId(
        `${create} -F data=${data("Two pictures")} -F files=@${PICTURES}/photo-1x1.jpg -F ` +
          `files=@${PICTURES}/photo-4x5.jpg`,
      ),
    },
  ];
}

const PICTURES = "tests/fixtures";

/** The first member with that name in single-line JSON, using tools every machine has. */
function take(member: string): string {
  return `grep -o '"${member}":"[^"]*' | head -n 1 | cut -d '"' -f 4`;
}
