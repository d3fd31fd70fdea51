import type { PlatformContent } from "../../model/post.ts";
import type { SignInScopes } from "../definition.ts";
import { BrokerError, type PublishMedia, type QuietStep, type StepContext, type StepOutcome } from "../platform.ts";
import { refuseSetting } from "./scopes.ts";

/** Whose comments they are, and the permissions that its sign-ins ask for. */
interface Commenter {
  label: string;
  scopes: SignInScopes;
}

/** How a platform takes a comment on a live post. */
export interface Comments {
  /** The post's ID; null if the platform has not returned one. */
  postOf(context: StepContext): string | null;
  /** The texts of the post's comments; null if the account may not read them. */
  list(context: StepContext, post: string): Promise<string[] | null>;
  add(context: StepContext, post: string, text: string): Promise<unknown>;
  /** How long to wait if the error means that the post is not visible yet. Throws if waiting cannot help. */
  waitFor?(error: unknown, context: StepContext): StepOutcome;
}

/**
 * The comment in `settings.firstComment`, if there is one. A repeat, whose first response may have been lost, adds it
 * only if the post's comments show that it is not there; where they cannot be read, a warning says so.
 */
export function firstComment(
  { settings }: PlatformContent<PublishMedia>,
  { label, scopes }: Commenter,
  comments: Comments,
): QuietStep[] {
  const { firstComment: text } = settings;
  if (typeof text !== "string" || text.trim() === "") return [];
  return [
    {
      name: "first-comment",
      effect: "hidden",
      cosmetic: true,
      once: true,
      async run(context) {
        const refused = refuseSetting(label, scopes, "firstComment", context.account.scopes);
        if (refused !== null) throw new BrokerError("CONTENT_REJECTED", refused);
        const post = comments.postOf(context);
        if (post === null) return { done: {}, warnings: [NO_POST] };
        try {
          return await addOnce(context, comments, post, text).catch((error: unknown) => {
            if (comments.waitFor === undefined) throw error;
            return comments.waitFor(error, context);
          });
        } catch (error) {
          throw error instanceof BrokerError ? notAdded(error) : error;
        }
      },
    },
  ];
}

async function addOnce(context: StepContext, comments: Comments, post: string, text: string): Promise<StepOutcome> {
  const existing = context.begunBefore === true ? await listOrNull(context, comments, post) : [];
  if (existing === null) return { done: {}, warnings: [UNCERTAIN] };
  if (!existing.some((each) => each.trim() === text.trim())) await comments.add(context, post, text);
  return { done: {} };
}

/** A missing permission to read is no problem with the account. */
async function listOrNull(context: StepContext, comments: Comments, post: string): Promise<string[] | null> {
  try {
    return await comments.list(context, post);
  } catch (error) {
    if (error instanceof BrokerError && (error.code === "AUTH_REVOKED" || error.platformError?.status === 403))
      return null;
    throw error;
  }
}

function notAdded(error: BrokerError): BrokerError {
  return error.with({ message: `The first comment could not be added. ${error.message}` });
}

const NO_POST = {
  code: "FIRST_COMMENT_NOT_ADDED",
  message: "The first comment was not added: the platform did not return the post's ID.",
} as const;
const UNCERTAIN = {
  code: "FIRST_COMMENT_UNKNOWN",
  message: "The first comment may not have been added: its response was lost, and comments cannot be read.",
} as const;
