import { useLingui } from "@lingui/react/macro";
import { type ClipboardEvent, type DragEvent, lazy, memo, Suspense, useId, useRef, useState } from "react";

import { MIME_TYPES } from "../../model/capabilities.ts";
import { uploadItem } from "../media/upload.ts";
import { useMode } from "../shell/mode.ts";
import { Button, TextField } from "../ui/controls.tsx";
import { MediaIcon, PlusIcon } from "../ui/icons.tsx";
import { Dialog } from "../ui/surfaces.tsx";
import { useComposer } from "./context.ts";
import { type Draft, type Item, itemAt, itemsIn, newKey, type Slot, withItem, withItemsIn } from "./draft.ts";
import { FieldIssues } from "./findings.tsx";
import { Library } from "./library.tsx";

const MediaItems = lazy(async () => ({ default: (await import("./media-items.tsx")).MediaItems }));

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
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    add.files(event.clipboardData.files);
  };
  return (
    <div
      role="group"
      aria-label={label}
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
      <FieldIssues at={pointer} />
    </div>
  );
});

interface Add {
  files: (files: Iterable<File>) => void;
  items: (items: readonly Item[]) => void;
}

function useAdd(slot: Slot): Add {
  const mode = useMode();
  const { change, note } = useComposer();
  const items = (added: readonly Item[]) =>
    change((draft) => withItemsIn(draft, slot, [...itemsIn(draft, slot), ...added]));
  return {
    items,
    files: (files) => {
      const chosen = [...files].map((file) => ({ file, item: itemOfFile(file) }));
      if (chosen.length === 0) return;
      items(chosen.map(({ item }) => item));
      for (const { file, item } of chosen)
        uploadItem(item.key, file, mode, ({ id, type, width, height, durationSeconds }) =>
          note((draft) =>
            withItem(draft, item.key, (before) => ({
              ...before,
              entry: { ...before.entry, id },
              shown: { ...before.shown, type, width, height, durationSeconds },
            })),
          ),
        );
    },
  };
}

function itemOfFile(file: File): Item {
  return {
    key: newKey(),
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
  const [url, setUrl] = useState("");
  const isUrl = /^https?:\/\/\S+$/.test(url.trim());
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
        <Library
          onChoose={(item) => {
            add.items([item]);
            setOpen(null);
          }}
        />
      </Dialog>
      <Dialog title={t`Add media from a URL`} isOpen={isOpen === "url"} onClose={() => setOpen(null)}>
        <form
          className="space-y-4"
          onSubmit={(event) => {
            event.preventDefault();
            if (!isUrl) return;
            add.items([itemAt(url.trim())]);
            setUrl("");
            setOpen(null);
          }}
        >
          <TextField
            label={t`URL of an image or video`}
            type="url"
            value={url}
            onChange={({ target }) => setUrl(target.value)}
          />
          <Button type="submit" kind="main" disabled={!isUrl}>
            {t`Add`}
          </Button>
        </form>
      </Dialog>
    </div>
  );
}
