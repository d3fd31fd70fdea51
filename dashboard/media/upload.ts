import { useSyncExternalStore } from "react";
import type { Upload } from "tus-js-client";

import { AmpostError } from "../../client/errors.ts";
import { type Media, mediaCreate, mediaGet } from "../../contract/operations/media.ts";
import type { Mode } from "../../model/platform-names.ts";
import { ask, isUnreachable } from "../api/ask.ts";
import { queryIn } from "../shell/workspace.ts";
import { loadPart } from "../ui/later.ts";

const RETRY_MILLISECONDS = [0, 1000, 3000, 5000, 10_000, 20_000, 30_000];
/** Answers after which the same request may succeed: others are busy with the upload, or too many requests. */
const TEMPORARY = [409, 423, 429];
/** How many files are sent at the same time. */
const PLACES = 3;

/**
 * Uploads a file in as many requests as it takes; a second attempt with the same file goes on where the first one
 * ended. `onProgress` gets a share from 0 to 1. An aborted upload is forgotten.
 */
async function uploadFile(
  file: File,
  mode: Mode,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<Media> {
  const { defaultOptions, Upload } = await loadPart(() => import("tus-js-client"));
  signal.throwIfAborted();
  const stack = defaultOptions.httpStack;
  const mediaId = await new Promise<string>((resolve, reject) => {
    const upload: Upload = new Upload(file, {
      endpoint: mediaCreate.path,
      metadata: { filename: file.name, filetype: file.type },
      retryDelays: RETRY_MILLISECONDS,
      removeFingerprintOnSuccess: true,
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        return status < 400 || status >= 500 || TEMPORARY.includes(status);
      },
      // The session is valid on the app's host and names its mode and workspace in each request.
      httpStack: {
        createRequest: (method, url) => {
          const { pathname } = new URL(url, location.origin);
          return stack.createRequest(method, `${location.origin}${pathname}?${queryIn(mode)}`);
        },
        getName: () => stack.getName(),
      },
      onProgress: (sent, total) => onProgress(total === 0 ? 1 : sent / total),
      onSuccess: ({ lastResponse }) => resolve(lastResponse.getHeader("Media-Id") ?? ""),
      onError: (error) => reject(new Error(reasonOf(error))),
    });
    signal.addEventListener("abort", () => {
      // What has arrived is deleted later if this cannot be done now.
      upload.abort(true).catch(() => undefined);
      reject(new Error("Cancelled"));
    });
    void upload
      .findPreviousUploads()
      .then(([previous]) => {
        if (previous !== undefined) upload.resumeFromPreviousUpload(previous);
        if (!signal.aborted) upload.start();
      })
      .catch(reject);
  });
  return await readMedia(mediaId, mode, signal);
}

/** What the server said, or the client's own words. */
function reasonOf(error: Error): string {
  const answer: unknown = Reflect.get(error, "originalResponse");
  const getBody: unknown = answer === null || answer === undefined ? undefined : Reflect.get(Object(answer), "getBody");
  if (typeof getBody !== "function") return error.message;
  try {
    const body: { error?: unknown } = Object(JSON.parse(String(getBody.call(answer))));
    return typeof body.error === "string" ? body.error : error.message;
  } catch {
    return error.message;
  }
}

export interface Progress {
  /** The file's name, or its URL. */
  name: string;
  /** From 0 to 1; 1 is not the end, since the file is measured then. Null if the server fetches it from a URL. */
  share: number | null;
  error: string | null;
  again: (() => void) | null;
  cancel: () => void;
}

const progress = new Map<string, Progress>();
const listeners = new Set<() => void>();

// What is on its way ends with the page.
addEventListener("beforeunload", (event) => {
  if ([...progress.values()].some(({ share, error }) => share !== null && error === null)) event.preventDefault();
});

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** How far the upload of an item is; undefined if there is none. */
export function useProgress(key: string): Progress | undefined {
  return useSyncExternalStore(subscribe, () => progress.get(key));
}

/** Whether one of these uploads has failed, or else is on its way. */
export function useUploads(isMeant: (key: string) => boolean): "failed" | "onWay" | null {
  return useSyncExternalStore(subscribe, () => {
    const found = [...progress].filter(([key]) => isMeant(key));
    if (found.some(([, { error }]) => error !== null)) return "failed";
    return found.length > 0 ? "onWay" : null;
  });
}

/** The keys of the uploads that begin with this, on their way or failed. */
export function useUploadKeys(prefix: string): readonly string[] {
  const keys = useSyncExternalStore(subscribe, () =>
    [...progress.keys()].filter((key) => key.startsWith(prefix)).join("\n"),
  );
  return keys === "" ? [] : keys.split("\n");
}

/** Uploads an item's file when a place is free; `onStored` is called when it is there. */
export function uploadItem(key: string, file: File, mode: Mode, onStored: (media: Media) => void): void {
  follow(key, file.name, 0, whenFree, (signal, onShare) => uploadFile(file, mode, signal, onShare), onStored);
}

/** Waits for the file that the server fetches from a URL for an item; to try again, it is asked once more. */
export function awaitFetched(
  key: string,
  url: string,
  created: Media,
  mode: Mode,
  onStored: (media: Media) => void,
): void {
  let first: Media | null = created;
  const fetching = async (signal: AbortSignal) => {
    const { id } = first ?? (await ask(mediaCreate, mode, { body: { url }, signal })).media;
    first = null;
    return await whenFetched(id, mode, signal);
  };
  follow(key, url, null, (work) => void work(), fetching, onStored);
}

const LOOK_MILLISECONDS = 500;

/** Rejects with the reason if the first attempt fails. */
async function whenFetched(id: string, mode: Mode, signal: AbortSignal): Promise<Media> {
  for (;;) {
    const media = await readMedia(id, mode, signal);
    if (media.status === "ready") return media;
    if (media.error !== null) throw new Error(media.error);
    await new Promise((look) => setTimeout(look, LOOK_MILLISECONDS));
  }
}

/** What the server has; while it cannot be reached, that is awaited. */
async function readMedia(id: string, mode: Mode, signal: AbortSignal): Promise<Media> {
  try {
    return (await ask(mediaGet, mode, { params: { id }, signal })).media;
  } catch (error) {
    if (!(error instanceof AmpostError && isUnreachable(error))) throw error;
    await new Promise((look) => setTimeout(look, LOOK_MILLISECONDS));
    return await readMedia(id, mode, signal);
  }
}

/** Tells how far the work for an item is. */
function follow(
  key: string,
  name: string,
  share: Progress["share"],
  begin: (work: () => Promise<void>) => void,
  work: (signal: AbortSignal, onShare: (share: number) => void) => Promise<Media>,
  onStored: (media: Media) => void,
): void {
  const cancelling = new AbortController();
  const cancel = () => {
    cancelling.abort();
    say(null);
  };
  const say = (now: Omit<Progress, "name" | "cancel"> | null) => {
    if (now === null) progress.delete(key);
    else if (!cancelling.signal.aborted) progress.set(key, { ...now, name, cancel });
    for (const listener of listeners) listener();
  };
  say({ share, error: null, again: null });
  begin(() =>
    cancelling.signal.aborted
      ? Promise.resolve()
      : work(cancelling.signal, (now) => say({ share: now, error: null, again: null })).then(
          (media) => {
            if (cancelling.signal.aborted) return;
            onStored(media);
            say(null);
          },
          (error: unknown) =>
            say({
              share,
              error: error instanceof Error ? error.message : String(error),
              again: () => follow(key, name, share, begin, work, onStored),
            }),
        ),
  );
}

const waiting: (() => Promise<void>)[] = [];
let running = 0;

function whenFree(work: () => Promise<void>): void {
  waiting.push(work);
  serve();
}

function serve(): void {
  const work = running < PLACES ? waiting.shift() : undefined;
  if (work === undefined) return;
  running += 1;
  void work().finally(() => {
    running -= 1;
    serve();
  });
}
