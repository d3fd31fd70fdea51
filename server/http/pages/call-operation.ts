import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";

import type { Operation, RawInput } from "../../../contract/operation.ts";
import type { Issue } from "../../../model/errors.ts";
import type { Mode } from "../../../model/platform-names.ts";
import { sentence } from "../../../model/sentence.ts";
import { enterWorkspace } from "../../calls/authenticate.ts";
import type { BindOptions } from "../../calls/bind.ts";
import { BINDINGS } from "../../calls/bindings.ts";
import { perform } from "../../calls/perform.ts";
import { toRefusal } from "../../calls/refusals.ts";
import { etagOf } from "../../domain/call.ts";
import type { Services } from "../../domain/services.ts";
import { callOf, type Person } from "./person.ts";

/** What pages need to run operations. */
export type PageOptions = Pick<BindOptions, "calls" | "onRefusal">;

/** The result of a page's request. */
export type Outcome<Body = unknown> =
  | { ok: true; status: number; body: Body; etag: string | undefined; replayed: boolean }
  | { ok: false; status: number; refused: Refused };

/** An error for people: the sentence for the whole, and those about fields by their name. */
export interface Refused {
  message: string;
  /** The first rule that was broken, such as "auth.email_not_verified"; empty if there is none. */
  rule: string;
  fields: Readonly<Partial<Record<string, string>>>;
}

/**
 * Runs an operation for the user of a page; the default mode is live. `ifRevision`: the revision a post must have.
 * `once`: the Idempotency-Key of a form, so that sending it again does nothing.
 */
export type CallOperation = <Envelope extends z.ZodObject>(
  operation: Operation<z.ZodObject, z.ZodObject, z.ZodType, Envelope>,
  input?: Partial<RawInput> & { ifRevision?: number | null; once?: string | null },
  mode?: Mode,
) => Promise<Outcome<z.output<Envelope>>>;

/**
 * What a user can do on a page: exactly what the operation's own route does for their session, with its validation,
 * limits and errors, in the user's own workspace or the given one. The caller has checked that the request comes from
 * one of our own pages.
 */
export function operationsFor(
  services: Services,
  options: PageOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  person: Person,
  workspaces: readonly string[] = [],
): CallOperation {
  return async (operation, { params = {}, query = {}, body, ifRevision = null, once = null } = {}, mode = "live") => {
    const binding = BINDINGS.find((each) => each.operation.name === operation.name);
    if (binding === undefined) throw new Error(`Nothing does ${operation.name}`);
    try {
      const session = { id: person.sessionId, userId: person.id };
      const entered = await enterWorkspace(services, operation, session, workspaces);
      const call = { ...callOf(person, mode, request), ...entered, ifRevision };
      await options.calls.count(reply, call, operation.rateClass);
      const done = await perform(services, binding, {
        call,
        raw: { params, query, body },
        key: once,
        path: operation.path,
        count: null,
        waiting: null,
      });
      const replayed = "stored" in done;
      const answer = replayed ? done.stored : done.answer;
      const etag = replayed ? done.stored.headers["etag"] : etagOf(done.answer);
      return { ok: true, status: operation.status, body: operation.answer.parse(answer.body), etag, replayed };
    } catch (error) {
      const refusal = toRefusal(error);
      if (refusal.code === "INTERNAL_ERROR") throw error;
      options.onRefusal?.(binding.operation, refusal);
      return { ok: false, status: refusal.status, refused: refusedOf(refusal.message, refusal.issues) };
    }
  };
}

/** An error as people read it. Shows the first issue of each field. */
export function refusedOf(error: string, issues: readonly Pick<Issue, "rule" | "path" | "message" | "fix">[]): Refused {
  const fields = Object.fromEntries(
    issues
      .filter(({ path }) => path !== "")
      .map(({ path, message }) => [path.split("/")[1] ?? "", asSentence(message)])
      .reverse(),
  );
  const whole = issues.find(({ path }) => path === "");
  return {
    message: whole === undefined ? asSentence(error) : `${asSentence(whole.message)} ${whole.fix}`,
    rule: issues[0]?.rule ?? "",
    fields,
  };
}

function asSentence(text: string): string {
  return sentence(text.charAt(0).toUpperCase() + text.slice(1));
}
