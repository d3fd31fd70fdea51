import { useLingui } from "@lingui/react/macro";
import {
  type ClipboardEvent,
  type DragEvent,
  type HTMLAttributes,
  memo,
  Suspense,
  useContext,
  useId,
  useRef,
  useState,
} from "react";

import { type Media, mediaCreate } from "../../contract/operations/media.ts";
import { MIME_TYPES } from "../../model/capabilities.ts";
import { ask } from "../api/ask.ts";
import { awaitFetched, uploadItem } from "../media/upload.ts";
import { pastedFiles, useDrops } from "../media/use-drops.ts";
import { useMode } from "../shell/mode.ts";
import { Button } from "../ui/controls.tsx";
import { MediaIcon, PlusIcon } from "../ui/icons.tsx";
import { later } from "../ui/later.ts";
import { Dialog, Loading } from "../ui/surfaces.tsx";
import { FindingsContext, useComposer } from "./context.ts";
import { type Draft, type Item, itemAt, itemsIn, newKey, type Slot, withItemsIn, withUpload } from "./draft.ts";
import { Issues } from "./findings.tsx";
import { isAt } from "./issues.ts";

const MediaItems = later(async () => (await import("./media-items.tsx")).MediaItems);
const Library = later(async () => (await import("./library.tsx")).Library);
const UrlDialog = later(async () => (await import("../media/url-dialog.tsx")).UrlDialog);

interface MediaBoxProps {
  label: string;
  slot: Slot;
  /** Where the list is in a request. */
  pointer: string;
  items: readonly Item[];
}

/** A list of files: dropped, pasted, chosen, from a URL or from the library; ordered by dragging or with buttons. */
export const MediaBox = memo(function MediaBox({ label, slot, pointer, items }: MediaBoxProps) {
  const { change } = useComposer();
  const add = useAdd(slot);
  const [isOver, setOver] = useState(false);
  const edit = (to: (items: readonly Item[]) => readonly Item[]) =>
    change((draft: Draft) => withItemsIn(draft, slot, to(itemsIn(draft, slot))));
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    add.files(event.dataTransfer.files);
  };
  const onPaste = (event: ClipboardEvent) => {
    const files = pastedFiles(event.nativeEvent);
    if (files.length === 0) return;
    event.preventDefault();
    add.files(files);
  };
  return (
    <Group
      label={label}
      pointer={pointer}
      className={`space-y-3 rounded-xl ${isOver ? "bg-tint outline-2 outline-link outline-dashed" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
      onPaste={onPaste}
    >
      <h3 className="text-sm font-semibold">{label}</h3>
      {items.length > 0 && (
        <Suspense>
          <MediaItems items={items} slot={slot} pointer={pointer} onEdit={edit} />
        </Suspense>
      )}
      <AddMedia add={add} />
    </Group>
  );
});

/** With the issues of the list as a whole, which change far more often than what is in it. */
function Group({
  label,
  pointer,
  children,
  ...rest
}: HTMLAttributes<HTMLDivElement> & { label: string; pointer: string }) {
  const id = useId();
  const findings = useContext(FindingsContext).filter((finding) => isAt(finding, pointer, false));
  return (
    <div {...rest} role="group" aria-label={label} aria-describedby={findings.length > 0 ? id : undefined}>
      {children}
      <Issues id={id} findings={findings} />
    </div>
  );
}

/** Takes files that are dropped or pasted beside the lists, for the one that the open tab is about. */
export function DropsAnywhere({ slot }: { slot: Slot }) {
  const { t } = useLingui();
  const isOver = useDrops(useAdd(slot).files);
  if (!isOver) return null;
  return (
    <p className="fixed inset-x-4 bottom-4 z-30 rounded-xl border-2 border-dashed border-link bg-card p-6 text-center font-semibold">
      {t`Drop the files to add them`}
    </p>
  );
}

interface Add {
  files: (files: Iterable<File>) => void;
  /** Rejects if the URL cannot be one of a file. */
  url: (url: string) => Promise<void>;
  items: (items: readonly Item[]) => void;
}

function useAdd(slot: Slot): Add {
  const mode = useMode();
  const { change, note } = useComposer();
  const items = (added: readonly Item[]) =>
    change((draft) => withItemsIn(draft, slot, [...itemsIn(draft, slot), ...added]));
  const store = (key: string) => (media: Media) =>
    note((draft) => withUpload(draft, key, (before) => storedItem(before, media)));
  return {
    items,
    url: async (url) => {
      const { media } = await ask(mediaCreate, mode, { body: { url } });
      const item = itemAt(url);
      items([item]);
      awaitFetched(item.key, url, media, mode, store(item.key));
    },
    files: (files) => {
      const chosen = [...files].map((file) => ({ file, item: itemOfFile(file) }));
      if (chosen.length === 0) return;
      items(chosen.map(({ item }) => item));
      for (const { file, item } of chosen) uploadItem(item.key, file, mode, store(item.key));
    },
  };
}

/** An item whose file has arrived. A picture that was chosen here is already shown. */
function storedItem({ entry, shown, ...rest }: Item, media: Media): Item {
  const { id, type, width, height, durationSeconds, url, thumbnailUrl } = media;
  const { url: _, ...said } = entry ?? {};
  const src = shown.src?.startsWith("blob:") === true ? {} : { src: url, small: thumbnailUrl };
  return { ...rest, entry: { ...said, id }, shown: { ...shown, ...src, type, width, height, durationSeconds } };
}

function itemOfFile(file: File): Item {
  const key = newKey();
  return {
    key,
    upload: key,
    entry: null,
    shown: {
      src: URL.createObjectURL(file),
      type: file.type.startsWith("video/") ? "video" : "image",
      name: file.name,
      width: null,
      height: null,
      durationSeconds: null,
    },
  };
}

function AddMedia({ add }: { add: Add }) {
  const { t } = useLingui();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [isOpen, setOpen] = useState<"library" | "url" | null>(null);
  return (
    <div className="flex flex-wrap gap-2">
      <input
        ref={input}
        id={id}
        type="file"
        multiple
        hidden
        aria-label={t`Files`}
        accept={MIME_TYPES.join(",")}
        onChange={({ target }) => {
          add.files(target.files ?? []);
          target.value = "";
        }}
      />
      <Button onClick={() => input.current?.click()}>
        <PlusIcon />
        {t`Add files`}
      </Button>
      <Button onClick={() => setOpen("library")}>
        <MediaIcon />
        {t`From the library`}
      </Button>
      <Button onClick={() => setOpen("url")}>{t`From a URL`}</Button>
      <p className="w-full text-sm text-dim">{t`You can also drop or paste images and videos.`}</p>
      <Dialog title={t`Library`} isOpen={isOpen === "library"} onClose={() => setOpen(null)} isWide>
        <Suspense fallback={<Loading rows={3} />}>
          <Library
            onChoose={(item) => {
              add.items([item]);
              setOpen(null);
            }}
          />
        </Suspense>
      </Dialog>
      {isOpen === "url" && (
        <Suspense>
          <UrlDialog
            isOpen
            onClose={() => setOpen(null)}
            onUrl={async (url) => {
              await add.url(url);
              setOpen(null);
            }}
          />
        </Suspense>
      )}
    </div>
  );
}
