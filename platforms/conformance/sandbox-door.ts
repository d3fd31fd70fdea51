import { z } from "zod";

import { codeChallenge } from "../../server/oauth/authorize-url.ts";
import { createHttpClient } from "../kit/http.ts";
import { askedScopes } from "../kit/scopes.ts";
import type { OAuth, OAuthApp } from "../platform.ts";

/** A post as seen by the sandbox's audience. */
const ledgerEntry = z.object({
  accountId: z.string(),
  /** Null while the platform has not returned it; some never do. */
  id: z.string().nullable(),
  url: z.string().nullable(),
  text: z.string(),
  media: z.array(z.object({ type: z.string(), altText: z.string().nullable() })),
  kind: z.string(),
  visibility: z.string(),
  comments: z.array(z.string()).optional(),
  publishCalls: z.number(),
});

export type LedgerEntry = z.infer<typeof ledgerEntry>;

const sandboxRequest = z.object({
  platform: z.string(),
  operation: z.string().nullable(),
  method: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.unknown()),
  body: z.record(z.string(), z.unknown()).nullable(),
  status: z.number().nullable(),
});

export type SandboxRequest = z.infer<typeof sandboxRequest>;

export interface Fault {
  operation: string;
  kind: string;
  error?: string;
  delayMs?: number;
  times?: number;
  after?: number;
}

/** External access to the sandbox: its control API, and a person who clicks through its consent page. */
export function openSandbox(url: string) {
  const http = createHttpClient({ allowHttp: true });
  const control = async (method: "GET" | "POST", path: string, json?: unknown): Promise<unknown> => {
    const answer = await http.send({ method, url: `${url}/_sandbox/${path}`, json });
    if (answer.status > 299) throw new Error(`the sandbox answered ${answer.status} to ${path}: ${answer.text}`);
    return answer.json();
  };
  return {
    url,
    /**
     * An app from the platform's developer portal; on platforms with apps that cannot refresh their grants,
     * `programmaticRefresh` says whether this one can.
     */
    async registerApp(platform: string, programmaticRefresh: boolean): Promise<OAuthApp> {
      const redirectUri = "http://127.0.0.1/callback";
      const app = Object(await control("POST", "apps", { platform, redirectUris: [redirectUri], programmaticRefresh }));
      return { clientId: String(app.clientId), clientSecret: String(app.clientSecret), redirectUri };
    },
    /** The posts of one account, newest first. */
    async ledger(platform: string, accountId: string): Promise<LedgerEntry[]> {
      const posts = z.array(ledgerEntry).parse(await control("GET", `posts?platform=${platform}`));
      return posts.filter((post) => post.accountId === accountId);
    },
    async requests(): Promise<SandboxRequest[]> {
      return z.array(sandboxRequest).parse(await control("GET", "requests"));
    },
    async fault(platform: string, fault: Fault): Promise<void> {
      await control("POST", "faults", { platform, ...fault });
    },
    async advance(advanceSeconds: number): Promise<void> {
      await control("POST", "clock", { advanceSeconds });
    },
    async reset(): Promise<void> {
      await control("POST", "reset", {});
    },
    /** Signs in as the person with this name, who grants everything requested; returns the code from the redirect. */
    async authorize(
      oauth: OAuth,
      app: OAuthApp,
      person: string,
      codeVerifier: string | null,
      scopes: readonly string[] = askedScopes(oauth.scopes),
    ): Promise<string> {
      const page = new URL(oauth.authorizeUrl);
      const asked = {
        client_id: app.clientId,
        client_key: app.clientId,
        redirect_uri: app.redirectUri,
        response_type: "code",
        scope: scopes.join(oauth.scopeSeparator),
        state: "conformance",
        login_hint: person,
        ...codeChallenge(oauth, codeVerifier),
      };
      for (const [name, value] of Object.entries(asked)) page.searchParams.set(name, value);
      const shown = await http.send({ method: "GET", url: `${url}/${page.host}${page.pathname}${page.search}` });
      const form = readForm(shown.text);
      const pressed = await http.send({
        method: "POST",
        url: `${url}/${page.host}${page.pathname}${page.search}`,
        headers: { "content-type": "application/x-www-form-urlencoded" },
        bytes: {
          contentType: "application/x-www-form-urlencoded",
          sizeBytes: Buffer.byteLength(form),
          open: async () => new Blob([form]).stream(),
        },
      });
      const code = URL.parse(pressed.headers.location ?? "")?.searchParams.get("code");
      if (typeof code !== "string")
        throw new Error(`the authorize page gave no code: ${pressed.status} ${pressed.text.slice(0, 300)}`);
      return code;
    },
  };
}

export type Sandbox = ReturnType<typeof openSandbox>;

/** What a browser sends when the first button is pressed: the fields as they are, including repeated names. */
function readForm(html: string): string {
  const fields: [string, string][] = [];
  for (const [tag] of html.matchAll(/<input\b[^>]*>/g)) {
    const isOff = /\bdisabled\b/.test(tag) || (/type="(checkbox|radio)"/.test(tag) && !/\bchecked\b/.test(tag));
    if (!isOff) fields.push([attribute(tag, "name"), attribute(tag, "value")]);
  }
  const button = /<button\b[^>]*\bname="[^>]*>/.exec(html)?.[0];
  if (button !== undefined) fields.push([attribute(button, "name"), attribute(button, "value")]);
  return new URLSearchParams(fields).toString();
}

function attribute(tag: string, name: string): string {
  const [, , value = ""] = [...tag.matchAll(/\b(\w+)="([^"]*)"/g)].find(([, found]) => found === name) ?? [];
  return value
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}
