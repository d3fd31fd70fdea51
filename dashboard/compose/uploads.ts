import { useUploads } from "../media/upload.ts";
import { useComposer } from "./context.ts";
import { awaitedUploads, type Draft } from "./draft.ts";

/** The upload of a cover: in the same composer it has the same key, also after its tab was closed. */
export function useCoverKey(place: string): string {
  return `${useComposer().id} cover ${place}`;
}

/** Whether files of the draft, covers too, are still being uploaded, and whether one could not be. */
export function useFilesOf(draft: Draft | null): { areAwaited: boolean; hasFailed: boolean } {
  const prefix = useCoverKey("");
  const awaited = draft === null ? [] : awaitedUploads(draft);
  const files = useUploads((key) => awaited.includes(key));
  const covers = useUploads((key) => key.startsWith(prefix));
  return { areAwaited: awaited.length > 0 || covers === "onWay", hasFailed: files === "failed" || covers === "failed" };
}
