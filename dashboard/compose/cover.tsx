import { useLingui } from "@lingui/react/macro";
import { useContext, useId, useRef, useState } from "react";

import { mediaGet } from "../../contract/operations/media.ts";
import { MIME_TYPES } from "../../model/capabilities.ts";
import { useRead } from "../api/use-api.ts";
import { durationInWords } from "../media/facts.ts";
import { MediaThumbnail } from "../media/thumbnail.tsx";
import { UploadProgress } from "../media/upload-progress.tsx";
import { uploadItem, useProgress } from "../media/upload.ts";
import { useMode } from "../shell/mode.ts";
import { Button, FieldContext } from "../ui/controls.tsx";
import { Dialog } from "../ui/surfaces.tsx";
import type { Shown } from "./draft.ts";
import { Library } from "./library.tsx";
import { useCoverKey } from "./uploads.ts";

interface CoverImageProps {
  label: string;
  hint?: string;
  /** What it is the cover of, in this composer. */
  place: string;
  /** ID of a stored image. */
  id: string | undefined;
  onChange: (id: string | undefined) => void;
}

/** A picture that stands for a video: uploaded, or from the library. */
export function CoverImage({ label, hint, place, id, onChange }: CoverImageProps) {
  const { t } = useLingui();
  const mode = useMode();
  const key = useCoverKey(place);
  const progress = useProgress(key);
  const input = useRef<HTMLInputElement>(null);
  const { data } = useRead(mediaGet, { params: { id: id ?? "" } }, { enabled: id !== undefined });
  const [isOpen, setOpen] = useState(false);
  const { describedBy } = useContext(FieldContext);
  const choose = (chosen: string | undefined) => {
    progress?.cancel();
    onChange(chosen);
  };
  return (
    <div role="group" aria-label={label} aria-describedby={describedBy} className="space-y-2">
      <h4 className="text-sm font-semibold">{label}</h4>
      {id !== undefined && data !== undefined && (
        <div role="img" aria-label={data.media.filename} className="size-20 overflow-hidden rounded-lg bg-tint">
          <MediaThumbnail media={data.media} />
        </div>
      )}
      <UploadProgress id={key} />
      <input
        ref={input}
        type="file"
        hidden
        aria-label={t`File for ${label}`}
        accept={MIME_TYPES.filter((type) => type.startsWith("image/")).join(",")}
        onChange={({ target }) => {
          const [file] = target.files ?? [];
          progress?.cancel();
          if (file !== undefined) uploadItem(key, file, mode, (media) => onChange(media.id));
          target.value = "";
        }}
      />
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => input.current?.click()}>{t`Upload`}</Button>
        <Button onClick={() => setOpen(true)}>{t`From the library`}</Button>
        {(id !== undefined || progress !== undefined) && <Button onClick={() => choose(undefined)}>{t`Remove`}</Button>}
      </div>
      {hint !== undefined && <p className="text-sm text-dim">{hint}</p>}
      <Dialog title={t`Library`} isOpen={isOpen} onClose={() => setOpen(false)} isWide>
        <Library
          type="image"
          onChoose={({ entry }) => {
            choose(entry?.id ?? undefined);
            setOpen(false);
          }}
        />
      </Dialog>
    </div>
  );
}

const STEP_SECONDS = 0.1;

interface CoverFrameProps {
  label: string;
  hint: string;
  /** The video, once it can be shown. */
  video: Shown;
  milliseconds: number | undefined;
  onChange: (milliseconds: number | undefined) => void;
}

/** The frame of a video that stands for it, chosen by its time. */
export function CoverFrame({ label, hint, video, milliseconds, onChange }: CoverFrameProps) {
  const { t } = useLingui();
  const id = useId();
  const player = useRef<HTMLVideoElement>(null);
  const { describedBy, isInvalid } = useContext(FieldContext);
  const [duration, setDuration] = useState(video.durationSeconds);
  const seconds = (milliseconds ?? 0) / 1000;
  const show = () => {
    if (player.current !== null) player.current.currentTime = Math.max(seconds, 0.001);
  };
  // A frame at the very end is after the last one.
  const last = Math.max(0, Math.floor(((duration ?? 0) - STEP_SECONDS) / STEP_SECONDS) * STEP_SECONDS);
  return (
    <div className="space-y-2">
      <label htmlFor={id} className="block text-sm font-semibold">
        {label}
      </label>
      {video.src !== null && (
        <video
          ref={player}
          src={video.src}
          muted
          playsInline
          preload="auto"
          tabIndex={-1}
          aria-hidden="true"
          className="max-h-52 max-w-full rounded-lg bg-tint"
          onLoadedMetadata={({ currentTarget }) => {
            setDuration(currentTarget.duration);
            show();
          }}
        />
      )}
      <input
        id={id}
        type="range"
        className="h-8 w-full accent-(--link)"
        min={0}
        max={last}
        step={STEP_SECONDS}
        disabled={last === 0}
        value={seconds}
        aria-valuetext={t`${seconds.toFixed(1)} seconds`}
        aria-describedby={[`${id}-hint`, describedBy].filter(Boolean).join(" ")}
        aria-invalid={isInvalid}
        onChange={({ target }) => {
          const next = Number(target.value);
          if (player.current !== null) player.current.currentTime = Math.max(next, 0.001);
          onChange(Math.round(next * 1000));
        }}
      />
      <div className="flex flex-wrap items-center gap-2 text-sm">
        <span>
          {t`${seconds.toFixed(1)} seconds`}
          {duration !== null && ` / ${durationInWords(duration)}`}
        </span>
        {milliseconds !== undefined && (
          <Button className="min-h-8" onClick={() => onChange(undefined)}>{t`Use the default`}</Button>
        )}
      </div>
      <p id={`${id}-hint`} className="text-sm text-dim">
        {hint}
      </p>
    </div>
  );
}
