import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";

import type { Operation, RawInput } from "../../../contract/operation.ts";
import type { Issue } from "../../../model/errors.ts";
import type { Mode } from "../../../model/platform-names.ts";
import type { BindOptions } from "../../calls/bind.ts";
import { BINDINGS } from "../../calls/bindings.ts";
import { perform } from "../../calls/perform.ts";
import { toRefusal } from "../../calls/refusals.ts";
import type { Services } from "../../domain/services.ts";
import { callOf, type Person } from "./person.ts";

/** What pages need to call operations. */
export type PageOptions = Pick<BindOptions, "calls" | "onRefusal">;

/** What became of what a page asked for. */
export type Outcome<Body = unknown> =
  | { ok: true; status: number; body: Body }
  | { ok: false; status: number; refused: Refused };

/** What was refused, for people: the sentence for the whole, and those about single fields by their name. */
export interface Refused {
  message: string;
  /** The rule that was broken first, such as "auth.email_not_verified"; empty where none is named. */
  rule: string;
  fields: Readonly<Partial<Record<string, string>>>;
}

/** Calls an operation for the person who looks at a page; the mode is live unless it is said. */
export type CallOperation = <Envelope extends z.ZodObject>(
  operation: Operation<z.ZodObject, z.ZodObject, z.ZodType, Envelope>,
  input?: Partial<RawInput>,
  mode?: Mode,
) => Promise<Outcome<z.output<Envelope>>>;

/**
 * What a person may do by a page: just what the operation's own route does for their session, with its checks of the
 * form, its limits and its refusals. The caller has made sure that the request is one of our own pages'.
 */
export function operationsFor(
  services: Services,
  options: PageOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  person: Person,
): CallOperation {
  return async (operation, { params = {}, query = {}, body } = {}, mode = "live") => {
    const binding = BINDINGS.find((each) => each.operation.name === operation.name);
    if (binding === undefined) throw new Error(`Nothing does ${operation.name}`);
    try {
      await options.calls.count(reply, person.id, operation.rateClass);
      const call = callOf(person, mode, request);
      const done = await perform(services, binding, {
        call,
        raw: { params, query, body },
        key: null,
        path: operation.path,
        waiting: null,
      });
      if ("stored" in done) throw new Error("A page sends no Idempotency-Key");
      return { ok: true, status: operation.status, body: operation.answer.parse(done.answer.body) };
    } catch (error) {
      const refusal = toRefusal(error);
      if (refusal.code === "INTERNAL_ERROR") throw error;
      options.onRefusal?.(binding.operation, refusal);
      return { ok: false, status: refusal.status, refused: refusedOf(refusal.message, refusal.issues) };
    }
  };
}

/** A refusal as people read it. The first issue of a field is shown. */
export function refusedOf(error: string, issues: readonly Pick<Issue, "rule" | "path" | "message" | "fix">[]): Refused {
  const fields = Object.fromEntries(
    issues
      .filter(({ path }) => path !== "")
      .map(({ path, message }) => [path.split("/")[1] ?? "", sentence(message)])
      .reverse(),
  );
  const whole = issues.find(({ path }) => path === "");
  return {
    message: whole === undefined ? sentence(error) : `${sentence(whole.message)} ${whole.fix}`,
    rule: issues[0]?.rule ?? "",
    fields,
  };
}

function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
