import { useSyncExternalStore } from "react";

import { type Media, mediaCreate, mediaGet } from "../../contract/operations/media.ts";
import type { Mode } from "../../model/platform-names.ts";
import { ask } from "../api/ask.ts";

const RETRY_MILLISECONDS = [0, 1000, 3000, 5000, 10_000, 20_000];

/**
 * Uploads a file in as many requests as it takes; a second attempt with the same file goes on where the first one
 * ended. `onProgress` gets a share from 0 to 1.
 */
export async function uploadFile(file: File, mode: Mode, onProgress: (share: number) => void): Promise<Media> {
  const { defaultOptions, Upload } = await import("tus-js-client");
  const stack = defaultOptions.httpStack;
  const mediaId = await new Promise<string>((resolve, reject) => {
    const upload = new Upload(file, {
      endpoint: mediaCreate.path,
      metadata: { filename: file.name, filetype: file.type },
      retryDelays: RETRY_MILLISECONDS,
      removeFingerprintOnSuccess: true,
      // The session is valid on the app's host and names its mode in each request.
      httpStack: {
        createRequest: (method, url) => {
          const { pathname } = new URL(url, location.origin);
          return stack.createRequest(method, `${location.origin}${pathname}?mode=${mode}`);
        },
        getName: () => stack.getName(),
      },
      onProgress: (sent, total) => onProgress(total === 0 ? 1 : sent / total),
      onSuccess: ({ lastResponse }) => resolve(lastResponse.getHeader("Media-Id") ?? ""),
      onError: (error) => reject(new Error(reasonOf(error))),
    });
    void upload
      .findPreviousUploads()
      .then(([previous]) => {
        if (previous !== undefined) upload.resumeFromPreviousUpload(previous);
        upload.start();
      })
      .catch(reject);
  });
  return (await ask(mediaGet, mode, { params: { id: mediaId } })).media;
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

interface Progress {
  /** From 0 to 1; 1 is not the end, since the file is measured then. */
  share: number;
  error: string | null;
  again: (() => void) | null;
}

const progress = new Map<string, Progress>();
const listeners = new Set<() => void>();

/** How far the upload of an item is; undefined if there is none. */
export function useProgress(key: string): Progress | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => progress.get(key),
  );
}

/** Uploads an item's file; `onStored` is called when it is there. */
export function uploadItem(key: string, file: File, mode: Mode, onStored: (media: Media) => void): void {
  const say = (now: Progress | null) => {
    if (now === null) progress.delete(key);
    else progress.set(key, now);
    for (const listener of listeners) listener();
  };
  say({ share: 0, error: null, again: null });
  uploadFile(file, mode, (share) => say({ share, error: null, again: null })).then(
    (media) => {
      onStored(media);
      say(null);
    },
    (error: unknown) =>
      say({
        share: 0,
        error: error instanceof Error ? error.message : String(error),
        again: () => uploadItem(key, file, mode, onStored),
      }),
  );
}
