import { randomInt } from "node:crypto";

import { randomSecret } from "../identity.ts";

/** What Meta's networks derive from a login hint. */
export function namesOf(hint: string): { username: string; name: string } {
  const plain = hint
    .split("@")[0]
    ?.toLowerCase()
    .normalize("NFKD")
    .replace(/[^a-z0-9._]+/g, "_")
    .replace(/^[._]+|(?<![._])[._]+$/g, "");
  const username = plain?.slice(0, 30) || "someone";
  const words = username.split(/[._]+/).filter(Boolean);
  return { username, name: words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join(" ") || username };
}

/** An app as created in the developer portal. */
export function newApp(): { clientId: string; clientSecret: string } {
  return {
    clientId: String(randomInt(100_000_000_000_000, 281_000_000_000_000)) + String(randomInt(0, 10)),
    clientSecret: randomSecret("", 24),
  };
}
