import { createHmac, timingSafeEqual } from "node:crypto";

import { z } from "zod";

import { findHostile } from "../../../contract/forms/hostile.ts";
import { BODY_WORDS, tellProblems } from "../../../contract/forms/problem-sentences.ts";
import { PublicError } from "../../../model/errors.ts";
import { jsonOrNull } from "../../../model/json-or-null.ts";
import { guardedFetch, GuardedFetchError } from "../../../platforms/kit/guarded-fetch.ts";
import { loadAuthSecret } from "../../auth/secret.ts";
import { throttle, type ThrottleSubject } from "../../auth/throttle.ts";
import type { Services } from "../services.ts";
import { GrantRefused } from "./grant-refused.ts";
import { isLoopback, isRedirectUri } from "./redirect-uris.ts";

/**
 * A program that asks to act for users over MCP. All clients are public: they have no secret, and prove only that they
 * receive what is sent to their redirect URIs.
 */
export interface McpClient {
  id: string;
  /** The name it gives itself, not verified. */
  name: string;
  /**
   * The host of its metadata document, which only that host's owner can have put there; null if it registered itself.
   */
  host: string | null;
  redirectUris: readonly string[];
}

export type ClientServices = Pick<Services, "pool" | "vault"> & {
  settings: Pick<Services["settings"], "allowPrivateUrls">;
};

/**
 * The client with an ID: if the ID is a URL, its metadata document is fetched. Throws VALIDATION_FAILED with a sentence
 * for the user, and RATE_LIMITED.
 */
export async function findClient(services: ClientServices, id: string, who: ThrottleSubject): Promise<McpClient> {
  if (id.startsWith(REGISTERED)) return await openRegistered(services, id);
  if (!isDocumentUrl(id, services.settings.allowPrivateUrls))
    throw invalidClient(
      "The app that sent you here is unknown",
      "Its client ID is neither the https URL of a metadata document nor an ID issued by this server. " +
        "Remove the server in the app and add it again.",
    );
  const known = documents.get(id);
  if (known !== undefined && known.until > performance.now()) return known.client;
  await throttle(services.pool, "mcpClient", who);
  const { client, seconds } = await fetchDocument(services, id);
  if (documents.size >= MOST_DOCUMENTS) documents.clear();
  documents.set(id, { client, until: performance.now() + seconds * 1000 });
  return client;
}

/** Documents are public, and the same for everyone. */
const documents = new Map<string, { client: McpClient; until: number }>();
const MOST_DOCUMENTS = 1000;
const REMEMBERED_SECONDS = 300;

/**
 * As in the draft on client ID metadata documents (section 3): in its simplest form, with a path, and without fragment
 * or credentials. In development, documents can be on this machine.
 */
function isDocumentUrl(id: string, allowPrivate: boolean): boolean {
  const url = id.length <= 1000 ? URL.parse(id) : null;
  if (
    url === null ||
    url.href !== id ||
    url.pathname === "/" ||
    url.hash !== "" ||
    url.username !== "" ||
    url.password !== ""
  )
    return false;
  return url.protocol === "https:" || (allowPrivate && url.protocol === "http:" && isLoopback(url.hostname));
}

const metadata = z.object({
  client_name: z
    .string()
    .max(2000)
    .optional()
    .transform((name) => cleanName(name ?? "")),
  redirect_uris: z.array(z.string()).min(1).max(50),
  response_types: z
    .array(z.string())
    .optional()
    .refine((types) => types?.includes("code") ?? true),
  grant_types: z
    .array(z.string())
    .optional()
    .refine((types) => types?.includes("authorization_code") ?? true),
});

/**
 * A client that must authenticate with a key must not be accepted without one; a secret cannot be in a public document.
 */
const documentMetadata = metadata.extend({
  client_id: z.string(),
  client_secret: z.undefined().optional(),
  token_endpoint_auth_method: z.literal("none").optional(),
});

const MAX_DOCUMENT_BYTES = 16 * 1024;

async function fetchDocument(
  { settings }: ClientServices,
  id: string,
): Promise<{ client: McpClient; seconds: number }> {
  const { host } = new URL(id);
  const { text, cacheControl } = await readDocument(id, settings.allowPrivateUrls).catch((error: unknown) => {
    if (!(error instanceof GuardedFetchError)) throw error;
    throw invalidClient(
      `The app's metadata at ${host} could not be read`,
      `${error.message} Try again later, or contact the app's developer.`,
    );
  });
  const read = documentMetadata.safeParse(jsonOrNull(text));
  const redirectUris = read.data?.redirect_uris.filter(isRedirectUri) ?? [];
  if (!read.success || read.data.client_id !== id || redirectUris.length === 0) {
    const place = read.success
      ? read.data.client_id === id
        ? "redirect_uris"
        : "client_id"
      : String(read.error.issues[0]?.path[0] ?? "");
    throw invalidClient(
      `The app's metadata at ${host} is invalid`,
      `Its ${place === "" ? "format" : place} is invalid. Contact the app's developer.`,
    );
  }
  return {
    client: { id, name: read.data.client_name === "" ? cleanName(host) : read.data.client_name, host, redirectUris },
    seconds: secondsToKeep(cacheControl),
  };
}

async function readDocument(id: string, allowPrivate: boolean): Promise<{ text: string; cacheControl: string }> {
  // The draft forbids to follow redirects.
  const answer = await guardedFetch(id, {
    allowPrivate,
    maxBytes: MAX_DOCUMENT_BYTES,
    maxRedirects: 0,
    totalSeconds: 10,
    pauseSeconds: 5,
    headers: { accept: "application/json" },
  });
  const type =
    String(answer.headers["content-type"] ?? "")
      .split(";")[0]
      ?.trim()
      .toLowerCase() ?? "";
  if (answer.status !== 200 || !(type === "application/json" || /^application\/[\w.-]+\+json$/.test(type))) {
    answer.discard();
    throw invalidClient(
      `The app's metadata at ${new URL(id).host} could not be read`,
      answer.status === 200
        ? "It is not served as application/json. Contact the app's developer."
        : `The URL responds with status ${answer.status}. Try again later, or contact the app's developer.`,
    );
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  return { text: Buffer.concat(chunks).toString("utf8"), cacheControl: String(answer.headers["cache-control"] ?? "") };
}

function secondsToKeep(cacheControl: string): number {
  if (/\bno-(store|cache)\b/i.test(cacheControl)) return 0;
  const maxAge = /\bmax-age\s*=\s*"?(\d{1,9})/i.exec(cacheControl)?.[1];
  return Math.min(REMEMBERED_SECONDS, maxAge === undefined ? REMEMBERED_SECONDS : Number(maxAge));
}

/** The response to a client that registers itself. */
export interface Registration {
  client_id: string;
  client_name: string;
  redirect_uris: readonly string[];
  token_endpoint_auth_method: "none";
  grant_types: readonly string[];
  response_types: readonly string[];
}

const REGISTERED = "mcp_";
const registered = z.object({ name: z.string(), redirectUris: z.array(z.string()) });
const MAX_REGISTERED_BYTES = 1500;

/**
 * Registers a client without a metadata document (RFC 7591). Nothing is stored: all of its data is signed into its ID,
 * so that nobody can fill a table. Throws GrantRefused and RATE_LIMITED.
 */
export async function registerClient(
  services: ClientServices,
  given: unknown,
  who: ThrottleSubject,
): Promise<Registration> {
  await throttle(services.pool, "mcpRegistration", who);
  const hostile = findHostile(given);
  if (hostile !== null) throw new GrantRefused("invalid_client_metadata", hostile.message);
  const read = metadata.safeParse(given, { reportInput: true });
  if (!read.success) {
    const problems = read.error.issues.slice(0, 1);
    throw new GrantRefused(
      problems[0]?.path[0] === "redirect_uris" ? "invalid_redirect_uri" : "invalid_client_metadata",
      tellProblems(metadata, problems, BODY_WORDS)[0]?.message ?? "The client metadata is invalid",
    );
  }
  const { client_name: name, redirect_uris: redirectUris } = read.data;
  const foreign = redirectUris.find((uri) => !isRedirectUri(uri));
  if (foreign !== undefined)
    throw new GrantRefused(
      "invalid_redirect_uri",
      "A redirect URI must use https, a loopback address, or the app's private URI scheme",
    );
  const described = JSON.stringify({ name, redirectUris } satisfies z.output<typeof registered>);
  if (Buffer.byteLength(described) > MAX_REGISTERED_BYTES)
    throw new GrantRefused("invalid_client_metadata", "The client's name and redirect URIs are too long");
  const payload = Buffer.from(described).toString("base64url");
  return {
    client_id: `${REGISTERED}${payload}.${await sign(services, payload)}`,
    client_name: name,
    redirect_uris: redirectUris,
    token_endpoint_auth_method: "none",
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
  };
}

async function openRegistered(services: ClientServices, id: string): Promise<McpClient> {
  const [payload = "", signature = "", ...more] = id.slice(REGISTERED.length).split(".");
  const expected = Buffer.from(await sign(services, payload));
  const given = Buffer.from(signature);
  const read =
    given.length === expected.length && timingSafeEqual(given, expected) && more.length === 0
      ? registered.safeParse(jsonOrNull(Buffer.from(payload, "base64url").toString("utf8")))
      : null;
  if (read?.data === undefined)
    throw invalidClient(
      "The app that sent you here is unknown",
      "Remove the server in the app and add it again, so that the app registers again.",
    );
  return {
    id,
    name: read.data.name === "" ? "Unnamed app" : read.data.name,
    host: null,
    redirectUris: read.data.redirectUris,
  };
}

/** With the secret that outlives the encryption key: clients keep their IDs for as long as they are installed. */
async function sign({ pool, vault }: ClientServices, payload: string): Promise<string> {
  return createHmac("sha256", await loadAuthSecret(pool, vault))
    .update(`mcp client\n${payload}`)
    .digest("base64url");
}

/** Like the name of a key, without invisible characters or those that would reorder the surrounding text. */
function cleanName(name: string): string {
  const visible = name.replace(/\s+/g, " ").replace(/\p{C}/gu, "").trim();
  // Half of a surrogate pair is not a character.
  return visible
    .slice(0, 100)
    .replace(/[\ud800-\udbff]$/, "")
    .trim();
}

function invalidClient(message: string, fix: string): PublicError {
  return PublicError.of({ rule: "mcp.client", message, fix });
}
