import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";

import { AmpostError } from "../../client/errors.ts";
import { type Post, postsCreate, postsPublish, postsUpdate } from "../../contract/operations/posts.ts";
import { ask } from "../api/ask.ts";
import { randomId } from "../api/random-id.ts";
import { useMode } from "../shell/mode.ts";
import { bodyOf, type Draft, type When } from "./draft.ts";
import { dropKept, keepTime, type Kept } from "./kept.ts";

export interface Saved {
  post: Post;
  etag: string | null;
}

export type SavingState = "unsaved" | "saving" | "saved" | "conflict";

/**
 * Keeps a draft as a post on the server; one request at a time, and never over a change that was not seen, also since what
 * is continued was written. `key` is the composer's.
 */
export function useSaving(key: string, opened: Saved | null, initial: Draft, continued: Kept | null) {
  const mode = useMode();
  const cache = useQueryClient();
  const isOld = continued !== null && continued.version?.etag !== opened?.etag;
  const saved = useRef(isOld ? continued.version : opened);
  const creation = useRef(randomId());
  const last = useRef<Promise<unknown>>(Promise.resolve());
  const [state, setState] = useState<SavingState>(isOld ? "conflict" : opened === null ? "unsaved" : "saved");
  const [savedDraft, setSavedDraft] = useState(opened === null ? null : initial);

  const run = useCallback(
    async <Result>(work: () => Promise<Result>): Promise<Result> => {
      const turn = last.current.catch(() => undefined).then(work);
      last.current = turn;
      setState("saving");
      try {
        const result = await turn;
        setState("saved");
        for (const what of ["posts", "accounts", "platform-sets"])
          void cache.invalidateQueries({ queryKey: ["api", "v1", what] });
        return result;
      } catch (error) {
        setState(error instanceof AmpostError && error.code === "PRECONDITION_FAILED" ? "conflict" : "unsaved");
        throw error;
      }
    },
    [cache],
  );

  const save = useCallback(
    (draft: Draft, when: When, isByItself = false) =>
      run(async () => {
        const body = bodyOf(draft, when);
        const before = saved.current;
        // What was scheduled while this waited for its turn must not become a draft again.
        if (isByItself && before !== null && before.post.status !== "draft") return before;
        // What is not shown here is not changed.
        const { onPause: _, ...change } = body;
        const answer =
          before === null
            ? await ask(postsCreate, mode, { body, idempotencyKey: `${creation.current}-${hashOf(body)}` })
            : await ask(postsUpdate, mode, {
                params: { id: before.post.id },
                body: change,
                ifMatch: before.etag ?? undefined,
              });
        saved.current = { post: answer.post, etag: answer.etag };
        setSavedDraft(draft);
        // Also if the composer has been left meanwhile.
        dropKept(mode, key, draft);
        keepTime(mode, answer.post.id, answer.post.status === "draft" ? draft.when : null);
        return saved.current;
      }),
    [run, mode, key],
  );

  /** What is scheduled stays so until it is being published. */
  const publish = useCallback(
    async (draft: Draft) => {
      const isScheduled = saved.current?.post.status === "scheduled";
      const { post, etag } = await save(draft, isScheduled ? draft.when : { ...draft.when, kind: "draft" });
      return await run(async () => {
        const answer = await ask(postsPublish, mode, { params: { id: post.id }, ifMatch: etag ?? undefined });
        saved.current = { post: answer.post, etag: answer.etag };
        keepTime(mode, post.id, null);
        return saved.current;
      });
    },
    [save, run, mode],
  );

  /** Creates another post beside the one that is written. Repeated, it is the same one. */
  const createBeside = useCallback(
    (draft: Draft, when: When) =>
      run(async () => {
        const body = bodyOf(draft, when);
        const { post } = await ask(postsCreate, mode, {
          body,
          idempotencyKey: `${creation.current}-${hashOf(body)}`,
        });
        return post;
      }),
    [run, mode],
  );

  /** From now on, this version, which somebody else has made, is replaced. */
  const overrule = useCallback((theirs: Saved) => {
    saved.current = theirs;
    setState("unsaved");
  }, []);

  return { state, savedDraft, save, publish, createBeside, overrule, saved };
}

/** Tells bodies apart, so that only the same creation counts as a repetition. */
function hashOf(body: object): string {
  let hash = 0;
  for (const sign of JSON.stringify(body)) hash = (Math.imul(hash, 31) + (sign.codePointAt(0) ?? 0)) | 0;
  return (hash >>> 0).toString(36);
}
