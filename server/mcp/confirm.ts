import {
  CLIENT_CAPABILITIES_META_KEY,
  type ElicitRequestFormParams,
  inputRequired,
  type InputRequiredResult,
  inputResponse,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";

import type { Post } from "../../contract/operations/posts.ts";
import { catalog } from "../../platforms/catalog.ts";
import { joinWords } from "../../platforms/describe.ts";
import type { Authenticated } from "../calls/authenticate.ts";
import type { Vault } from "../vault/vault.ts";
import type { ElicitAction } from "./questions.ts";

/** What was shown to the person, and until when their answer counts, in milliseconds since 1970. */
const shownPost = z.object({ postId: z.string(), revision: z.int(), until: z.number() });
export type ShownPost = z.infer<typeof shownPost>;

/** How long a person has to answer. */
const PATIENCE_MILLISECONDS = 10 * 60_000;

/** Clients of the stateless protocol pass on what was shown, encrypted for their key. */
export function sealShown(vault: Vault, caller: Authenticated, shown: ShownPost): string {
  return vault.seal(JSON.stringify(shown), sealContext(caller));
}

/** Throws if it was changed, belongs to another key or is too old. */
export function openShown(vault: Vault, caller: Authenticated, sealed: string, now = Date.now()): ShownPost {
  const shown = shownPost.parse(JSON.parse(vault.open(sealed, sealContext(caller))));
  if (shown.until < now) throw new Error("The question was answered too late");
  return shown;
}

function sealContext({ actor, mode }: Authenticated): { table: string; row: string; column: string } {
  return { table: "mcp_questions", row: `${mode}/${actor.id ?? ""}`, column: "shown" };
}

/** Asks a person at the client, over a session; null if it cannot. */
export type AskInSession = ((context: ServerContext, params: ElicitRequestFormParams) => Promise<ElicitAction>) | null;

/** Whether publishing may continue, at the revision that was shown; or the question to be answered first. */
export type Confirmation =
  | { kind: "granted"; revision: number | null }
  | { kind: "refused" }
  | { kind: "ask"; result: InputRequiredResult };

/** Asks for confirmation before a post is published, if the client supports it; other clients publish without. */
export async function confirmPublishing(
  context: ServerContext,
  ask: AskInSession,
  seal: (shown: ShownPost) => string,
  post: Post,
  revision: number,
): Promise<Confirmation> {
  const params: ElicitRequestFormParams = {
    message: questionOf(post),
    requestedSchema: { type: "object", properties: {} },
  };
  if (ask !== null)
    return (await ask(context, params)) === "accept" ? { kind: "granted", revision } : { kind: "refused" };
  const capabilities: unknown = Reflect.get(context.mcpReq.envelope ?? {}, CLIENT_CAPABILITIES_META_KEY);
  if (!offersElicitation(capabilities)) return { kind: "granted", revision: null };
  const known = shownPost.safeParse(context.mcpReq.requestState());
  const answer = inputResponse(context.mcpReq.inputResponses, "publish");
  if (known.success && known.data.postId === post.id && answer.kind === "elicit") {
    return answer.action === "accept" ? { kind: "granted", revision: known.data.revision } : { kind: "refused" };
  }
  const requestState = seal({ postId: post.id, revision, until: Date.now() + PATIENCE_MILLISECONDS });
  return {
    kind: "ask",
    result: inputRequired({ inputRequests: { publish: inputRequired.elicit(params) }, requestState }),
  };
}

const elicitation = z.looseObject({
  elicitation: z.looseObject({ form: z.unknown().optional(), url: z.unknown().optional() }),
});

/** Whether a client's capabilities include forms. Naming no mode means forms. */
export function offersElicitation(capabilities: unknown): boolean {
  const read = elicitation.safeParse(capabilities);
  return read.success && (read.data.elicitation.form !== undefined || read.data.elicitation.url === undefined);
}

const ownText = z.object({ text: z.string().min(1) });
const ownMedia = z.object({ media: z.array(z.unknown()) });

/** What will be published and where, including texts for single platforms. */
function questionOf({ content, platformPosts, mode }: Post): string {
  const platforms = platformPosts.map(({ platform }) => {
    const own = Reflect.get(content.platformOverrides, platform);
    return {
      label: catalog[platform].capabilities.label,
      text: ownText.safeParse(own).data?.text ?? content.text,
      files: (ownMedia.safeParse(own).data?.media ?? content.media).length,
    };
  });
  const [files = 0, ...otherNumbers] = new Set(platforms.map((each) => each.files));
  const isSame = otherNumbers.length === 0;
  const places = isSame ? platforms : platforms.map((each) => ({ label: `${each.label} (${numberOf(each.files)})` }));
  const media = isSame && files > 0 ? ` with ${numberOf(files)}` : "";
  const link = content.linkUrl === null ? "" : `\n\n${content.linkUrl}`;
  const texts = [...Map.groupBy(platforms, ({ text }) => text)].map(
    ([text, those], _index, { length }) => `${length === 1 ? "" : `${wordsOf(those)}:\n`}${shortened(text)}`,
  );
  return (
    `Publish this post${media} on ${wordsOf(places)} ` +
    `now${mode === "test" ? " (test mode: only in the sandbox)" : ""}?\n\n${texts.join("\n\n")}${link}`
  );
}

function numberOf(files: number): string {
  if (files === 0) return "no media";
  return files === 1 ? "1 media file" : `${files} media files`;
}

const MOST_CHARACTERS = 1000;

/** Clients show questions in little space, so a truncated text says so. */
function shortened(text: string): string {
  const characters = Array.from(text);
  if (characters.length <= MOST_CHARACTERS) return text === "" ? "(no text)" : text;
  return (
    `${characters.slice(0, MOST_CHARACTERS).join("")}… (and ${characters.length - MOST_CHARACTERS} ` +
    "more characters)"
  );
}

function wordsOf(platforms: readonly { label: string }[]): string {
  return joinWords(
    platforms.map(({ label }) => label),
    "and",
  );
}
