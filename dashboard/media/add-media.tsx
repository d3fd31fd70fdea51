import { useLingui } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import { type Media, mediaCreate, mediaUpdate } from "../../contract/operations/media.ts";
import { MIME_TYPES } from "../../model/capabilities.ts";
import { ask } from "../api/ask.ts";
import { randomId } from "../api/random-id.ts";
import { useMode } from "../shell/mode.ts";
import { may } from "../shell/workspace.ts";
import { Button, TextField } from "../ui/controls.tsx";
import { PlusIcon } from "../ui/icons.tsx";
import { Dialog } from "../ui/surfaces.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { uploadItem, useProgress } from "./upload.ts";

export interface Arrivals {
  /** Files on their way, by the key of their upload. */
  items: readonly { key: string; name: string }[];
  isOver: boolean;
  addFiles: (files: Iterable<File>) => void;
  addUrl: (url: string) => Promise<void>;
}

/** Takes files that are dropped or pasted anywhere on the page. What arrives in the library is kept until it is deleted. */
export function useArrivals(): Arrivals {
  const mode = useMode();
  const cache = useQueryClient();
  const toasts = useToasts();
  const [items, setItems] = useState<Arrivals["items"]>([]);
  const keep = async ({ id }: Media) => {
    await ask(mediaUpdate, mode, { params: { id }, body: { keepUntil: "forever" } }).catch((error: unknown) => {
      if (error instanceof Error) toasts.sayFailure(error);
    });
    await cache.invalidateQueries({ queryKey: mediaCreate.path.split("/").slice(1) });
  };
  const addFiles = (files: Iterable<File>) => {
    const added = [...files].map((file) => ({ key: randomId(), name: file.name, file }));
    setItems((before) => [...before, ...added.map(({ key, name }) => ({ key, name }))]);
    for (const { key, file } of added) uploadItem(key, file, mode, (media) => void keep(media));
  };
  const isOver = useDrops(addFiles);
  return {
    items,
    isOver,
    addFiles,
    addUrl: async (url) => await keep((await ask(mediaCreate, mode, { body: { url } })).media),
  };
}

function useDrops(onFiles: (files: Iterable<File>) => void): boolean {
  const [isOver, setOver] = useState(false);
  const latest = useRef(onFiles);
  useEffect(() => {
    latest.current = onFiles;
  });
  useEffect(() => {
    if (!may("media_create")) return undefined;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
    const onOver = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      latest.current(event.dataTransfer?.files ?? []);
    };
    const onPaste = (event: ClipboardEvent) => {
      const files = event.clipboardData?.files;
      if (files === undefined || files.length === 0) return;
      event.preventDefault();
      latest.current(files);
    };
    document.addEventListener("dragover", onOver);
    document.addEventListener("dragleave", onLeave);
    document.addEventListener("drop", onDrop);
    document.addEventListener("paste", onPaste);
    return () => {
      document.removeEventListener("dragover", onOver);
      document.removeEventListener("dragleave", onLeave);
      document.removeEventListener("drop", onDrop);
      document.removeEventListener("paste", onPaste);
    };
  }, []);
  return isOver;
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

/** Asks for the URL of a file. What `onUrl` rejects with is shown beside the field. */
export function UrlDialog({
  isOpen,
  onClose,
  onUrl,
}: {
  isOpen: boolean;
  onClose: () => void;
  onUrl: (url: string) => Promise<void>;
}) {
  const { t } = useLingui();
  const [url, setUrl] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isUrl = /^https?:\/\/\S+$/.test(url.trim());
  const add = async () => {
    setBusy(true);
    setError(null);
    try {
      await onUrl(url.trim());
      setUrl("");
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={t`Add media from a URL`} isOpen={isOpen} onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (isUrl) void add();
        }}
      >
        <TextField
          label={t`URL of an image or video`}
          type="url"
          value={url}
          error={error}
          onChange={({ target }) => {
            setUrl(target.value);
            setError(null);
          }}
        />
        <Button type="submit" kind="main" disabled={!isUrl} isBusy={isBusy}>
          {t`Add`}
        </Button>
      </form>
    </Dialog>
  );
}

/** The uploads under way, and those that failed. */
export function Arriving({ arrivals: { items, isOver } }: { arrivals: Arrivals }) {
  const { t } = useLingui();
  return (
    <>
      {isOver && (
        <p className="rounded-xl border-2 border-dashed border-link bg-card p-6 text-center font-semibold">
          {t`Drop the files to add them`}
        </p>
      )}
      <ul aria-label={t`Uploads`} className="space-y-2 empty:hidden">
        {items.map(({ key, name }) => (
          <UploadRow key={key} id={key} name={name} />
        ))}
      </ul>
    </>
  );
}

function UploadRow({ id, name }: { id: string; name: string }) {
  const { t } = useLingui();
  const progress = useProgress(id);
  if (progress === undefined) return null;
  const { share, error, again, cancel } = progress;
  const percent = Math.round(share * 100);
  return (
    <li className="flex flex-wrap items-center gap-3 rounded-xl border bg-card px-3 py-2 text-sm">
      <bdi className="min-w-0 grow basis-40 truncate">{name}</bdi>
      {error === null ? (
        <progress className="w-40" max={100} value={percent} aria-label={t`Uploading ${name}: ${percent} %`} />
      ) : (
        <>
          <span role="alert" className="text-bad">
            {error}
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
