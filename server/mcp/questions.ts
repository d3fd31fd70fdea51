import type { ElicitRequestFormParams } from "@modelcontextprotocol/server";
import { z } from "zod";

import { newId } from "../../model/ids.ts";
import { jsonOrNull } from "../../model/json-or-null.ts";
import { jsonb } from "../db/jsonb.ts";
import { CHANNELS } from "../db/listen.ts";
import { notifyAnswer } from "../db/queries/mcp-sessions.ts";
import type { Services } from "../domain/services.ts";

/** What a person answered: what was asked for, no, or nothing. */
export type ElicitAction = "accept" | "decline" | "cancel";

/**
 * Questions of calls in progress in sessions. The answer arrives in a separate request, possibly at another process.
 */
export interface Questions {
  /** Asks with `send` and waits for the answer, a signal, or until an answer can no longer be expected. */
  ask(
    sessionId: string,
    send: (question: { id: string; params: ElicitRequestFormParams }) => Promise<void>,
    params: ElicitRequestFormParams,
    ended: AbortSignal,
  ): Promise<ElicitAction>;
  /** Accepts what a client posted as an answer, wherever it was asked. */
  answer(sessionId: string, message: unknown): Promise<void>;
}

/** How long a person has to answer. */
const PATIENCE_MILLISECONDS = 5 * 60_000;

const answerNotice = z.object({
  session: z.string(),
  question: z.string(),
  action: z.enum(["accept", "decline", "cancel"]),
});
const elicitResponse = z.object({
  id: z.string(),
  result: z.object({ action: z.enum(["accept", "decline", "cancel"]) }).optional(),
});

/** One listener for all questions of this process. */
export function createQuestions({ pool, listener }: Pick<Services, "pool" | "listener">): Questions {
  const open = new Map<string, (action: ElicitAction) => void>();
  listener.on(CHANNELS.mcp, (payload) => {
    const read = answerNotice.safeParse(jsonOrNull(payload));
    if (read.success) open.get(`${read.data.session}/${read.data.question}`)?.(read.data.action);
  });
  return {
    async ask(sessionId, send, params, ended) {
      const id = newId();
      const key = `${sessionId}/${id}`;
      const { promise, resolve } = Promise.withResolvers<ElicitAction>();
      const stop = () => resolve("cancel");
      const timer = setTimeout(stop, PATIENCE_MILLISECONDS);
      ended.addEventListener("abort", stop, { once: true });
      open.set(key, resolve);
      try {
        await send({ id, params });
        return await promise;
      } finally {
        clearTimeout(timer);
        ended.removeEventListener("abort", stop);
        open.delete(key);
      }
    },
    async answer(sessionId, message) {
      const read = elicitResponse.safeParse(message);
      if (!read.success) return;
      // An error of the client's is no consent.
      const action = read.data.result?.action ?? "cancel";
      await notifyAnswer.run(pool, [
        jsonb({ session: sessionId, question: read.data.id.slice(0, 100), action } satisfies z.input<
          typeof answerNotice
        >),
      ]);
    },
  };
}
