import { useLingui } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";

import { type Media, mediaCreate, mediaUpdate } from "../../contract/operations/media.ts";
import { MIME_TYPES } from "../../model/capabilities.ts";
import type { Mode } from "../../model/platform-names.ts";
import { ask } from "../api/ask.ts";
import { randomId } from "../api/random-id.ts";
import { useMode } from "../shell/mode.ts";
import { Button } from "../ui/controls.tsx";
import { PlusIcon } from "../ui/icons.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { Said } from "../words/use-words.tsx";
import { uploadItem, useProgress, useUploadKeys } from "./upload.ts";
import { UrlDialog } from "./url-dialog.tsx";
import { useDrops } from "./use-drops.ts";

export interface Arrivals {
  isOver: boolean;
  addFiles: (files: Iterable<File>) => void;
  addUrl: (url: string) => Promise<void>;
}

/** Takes files that are dropped or pasted anywhere on the page. What arrives in the library is kept until it is deleted. */
export function useArrivals(): Arrivals {
  const mode = useMode();
  const cache = useQueryClient();
  const toasts = useToasts();
  const keep = async ({ id }: Media) => {
    await ask(mediaUpdate, mode, { params: { id }, body: { keepUntil: "forever" } }).catch((error: unknown) => {
      if (error instanceof Error) toasts.sayFailure(error);
    });
    await cache.invalidateQueries({ queryKey: mediaCreate.path.split("/").slice(1) });
  };
  const addFiles = (files: Iterable<File>) => {
    for (const file of files) uploadItem(`${prefixOf(mode)}${randomId()}`, file, mode, (media) => void keep(media));
  };
  const isOver = useDrops(addFiles);
  return {
    isOver,
    addFiles,
    addUrl: async (url) => await keep((await ask(mediaCreate, mode, { body: { url } })).media),
  };
}

/** Uploads to a mode's library, which go on while other views are open. */
function prefixOf(mode: Mode): string {
  return `library ${mode} `;
}

/** Ways to add files with a click. */
export function AddMedia({ arrivals }: { arrivals: Arrivals }) {
  const { t } = useLingui();
  const input = useRef<HTMLInputElement>(null);
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={t`Files`}
        accept={MIME_TYPES.join(",")}
        onChange={({ target }) => {
          arrivals.addFiles(target.files ?? []);
          target.value = "";
        }}
      />
      <Button onClick={() => setOpen(true)}>{t`From a URL`}</Button>
      <Button kind="main" onClick={() => input.current?.click()}>
        <PlusIcon />
        {t`Add files`}
      </Button>
      <UrlDialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        onUrl={async (url) => {
          await arrivals.addUrl(url);
          setOpen(false);
        }}
      />
    </>
  );
}

/** The uploads under way, and those that failed. */
export function Arriving({ arrivals: { isOver } }: { arrivals: Arrivals }) {
  const { t } = useLingui();
  const keys = useUploadKeys(prefixOf(useMode()));
  return (
    <>
      {isOver && (
        <p className="rounded-xl border-2 border-dashed border-link bg-card p-6 text-center font-semibold">
          {t`Drop the files to add them`}
        </p>
      )}
      <ul aria-label={t`Uploads`} className="space-y-2 empty:hidden">
        {keys.map((key) => (
          <UploadRow key={key} id={key} />
        ))}
      </ul>
    </>
  );
}

function UploadRow({ id }: { id: string }) {
  const { t } = useLingui();
  const progress = useProgress(id);
  if (progress === undefined) return null;
  const { name, share, error, again, cancel } = progress;
  const percent = Math.round((share ?? 0) * 100);
  return (
    <li className="flex flex-wrap items-center gap-3 rounded-xl border bg-card px-3 py-2 text-sm">
      <bdi className="min-w-0 grow basis-40 truncate">{name}</bdi>
      {error === null ? (
        <progress className="w-40" max={100} value={percent} aria-label={t`Uploading ${name}: ${percent} %`} />
      ) : (
        <>
          <span role="alert" className="text-bad">
            <Said text={error} />
          </span>
          {again !== null && <Button onClick={again}>{t`Try again`}</Button>}
        </>
      )}
      <Button kind="quiet" aria-label={t`Cancel the upload of ${name}`} onClick={cancel}>
        {t`Cancel`}
      </Button>
    </li>
  );
}
