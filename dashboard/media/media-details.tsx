import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { type Media, mediaDelete, mediaGet, mediaPosts, mediaUpdate } from "../../contract/operations/media.ts";
import type { PostSummary } from "../../contract/operations/posts.ts";
import { offsetAt, offsetFormat } from "../../model/time-zones.ts";
import { keyOf, readNow, useRead, useWrite } from "../api/use-api.ts";
import { startOfNextDay } from "../posts/post-filter.ts";
import { shownStatus } from "../posts/shown-status.ts";
import { StatusTag } from "../posts/status.tsx";
import { TextPreview } from "../posts/text-preview.tsx";
import { useMode } from "../shell/mode.ts";
import { may, mayOpen } from "../shell/workspace.ts";
import { start } from "../start.ts";
import { Button, buttonClass, OutLink, Select, TextArea, TextField } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Dialog, Loading, Notice } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { Said } from "../words/use-words.tsx";
import { durationInWords, sizeInWords } from "./facts.ts";
import { endOf, isKept, isOver } from "./keeping.ts";

/** A file: what it is, its text, how long it is kept, and the posts that use it. */
export function MediaDetails({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  const { t } = useLingui();
  const [isDeleting, setDeleting] = useState(false);
  const close = () => {
    setDeleting(false);
    onClose();
  };
  return (
    <Dialog title={isDeleting ? t`Delete this file?` : t`File`} isOpen={id !== undefined} onClose={close} isWide>
      {id !== undefined && <Opened key={id} id={id} isDeleting={isDeleting} onDeleting={setDeleting} onClose={close} />}
    </Dialog>
  );
}

interface OpenedProps {
  id: string;
  isDeleting: boolean;
  onDeleting: (isDeleting: boolean) => void;
  onClose: () => void;
}

function Opened({ id, isDeleting, onDeleting, onClose }: OpenedProps) {
  const read = useRead(mediaGet, { params: { id } });
  const data = readNow(read);
  const { error, refetch } = read;
  const used = useRead(mediaPosts, { params: { id }, query: { limit: 100 } });
  if (error !== null && data === undefined) return <Failure error={error} onRetry={() => void refetch()} />;
  // What is shown of both must not move what is pressed.
  if (data === undefined || used.isPending) return <Loading rows={3} />;
  const { media, etag } = data;
  if (isDeleting)
    return <Deletion media={media} used={used.data} onBack={() => onDeleting(false)} onDeleted={onClose} />;
  return (
    <div className="space-y-5">
      <Picture media={media} />
      <Facts media={media} used={used.data} />
      {may("media_update") && <Changes media={media} etag={etag} onConflict={refetch} />}
      <UsedIn used={used.data} />
      {may("media_delete") && (
        <div className="flex flex-wrap justify-between gap-2 border-t pt-4">
          <Button kind="danger" onClick={() => onDeleting(true)}>
            <Trans>Delete</Trans>
          </Button>
          {media.status === "ready" && mayOpen("/compose") && (
            <Link to="/compose" search={({ mode }) => ({ mode, media: id })} className={buttonClass("main")}>
              <Trans>Use in a new post</Trans>
            </Link>
          )}
        </div>
      )}
    </div>
  );
}

/** It has its place before it is loaded. */
function Picture({ media: { type, url, altText, filename, width, height } }: { media: Media }) {
  if (url === null) return null;
  const className = "mx-auto max-h-[40dvh] max-w-full rounded-lg bg-tint object-contain";
  const ratio = width === null || height === null ? undefined : width / height;
  const style =
    ratio === undefined ? undefined : { aspectRatio: ratio, width: `min(100%, ${width}px, ${40 * ratio}dvh)` };
  return type === "video" ? (
    <video
      src={url}
      controls
      playsInline
      preload="metadata"
      aria-label={filename}
      className={className}
      style={style}
    />
  ) : (
    <img src={url} alt={altText ?? filename} className={className} style={style} />
  );
}

function Facts({ media, used }: { media: Media; used: Used | undefined }) {
  const { t, i18n } = useLingui();
  const { filename, mimeType, sizeBytes, width, height, durationSeconds, sourceUrl, error, status, createdAt } = media;
  const facts = [
    [t`Name`, <bdi key="name">{filename}</bdi>],
    ...(mimeType === null ? [] : [[t`Type`, mimeType]]),
    ...(sizeBytes === null ? [] : [[t`Size`, sizeInWords(i18n, sizeBytes)]]),
    ...(width === null || height === null ? [] : [[t`Dimensions`, t`${width} × ${height} pixels`]]),
    ...(durationSeconds === null ? [] : [[t`Duration`, durationInWords(durationSeconds)]]),
    [t`Added`, <Time key="added" at={createdAt} />],
    ...(used === undefined ? [] : [[t`Kept`, <Kept key="kept" media={media} used={used} />]]),
    ...(sourceUrl === null
      ? []
      : [
          [
            t`From`,
            <OutLink key="from" href={sourceUrl}>
              {sourceUrl}
            </OutLink>,
          ],
        ]),
  ] as const;
  return (
    <>
      {status === "pending" && (
        <Notice tone="warn">
          {error === null ? t`The file is being fetched from its URL.` : <Said text={error} />}
        </Notice>
      )}
      {status === "failed" && (
        <Notice tone="bad">
          <Said text={error ?? ""} />
        </Notice>
      )}
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
        {facts.map(([name, value]) => (
          <div key={String(name)} className="contents">
            <dt className="text-dim">{name}</dt>
            <dd className="min-w-0 break-words">{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** How long the file is kept, as far as that is known. */
function Kept({ media, used }: { media: Media; used: Used }) {
  const { keepUntil } = media;
  if (keepUntil === "forever") return <Trans>until you delete it</Trans>;
  const end = endOf(media, used);
  if (end !== null)
    return (
      <Trans>
        until <Time at={new Date(end).toISOString()} />
      </Trans>
    );
  if (keepUntil === null || !isKept(media)) return <Trans>as long as a post needs it</Trans>;
  return (
    <Trans>
      until <Time at={keepUntil} />, and as long as a post needs it
    </Trans>
  );
}

type Keeping = "automatic" | "forever" | "until";

function keepingOf({ keepUntil }: Media): Keeping {
  return keepUntil === null ? "automatic" : keepUntil === "forever" ? "forever" : "until";
}

/** What the form shows of a file. The last day is one of the person's time zone. */
function shownOf(media: Media): { altText: string; keeping: Keeping; day: string } {
  const keeping = keepingOf(media);
  return {
    altText: media.altText ?? "",
    keeping,
    day: keeping === "until" ? dayIn(Date.parse(media.keepUntil ?? ""), start.user.timeZone) : "",
  };
}

function dayIn(at: number, timeZone: string): string {
  return new Date(at + offsetAt(offsetFormat(timeZone), at)).toISOString().slice(0, 10);
}

/** What can be changed. What was typed stays if it cannot be saved, and only what was changed is sent. */
function Changes({
  media,
  etag,
  onConflict,
}: {
  media: Media;
  etag: string | null;
  onConflict: () => Promise<unknown>;
}) {
  const { t } = useLingui();
  const mode = useMode();
  const cache = useQueryClient();
  const toasts = useToasts();
  const { mutate, isPending, error } = useWrite(mediaUpdate, [], { onConflict });
  const [before, setBefore] = useState(() => shownOf(media));
  const [altText, setAltText] = useState(before.altText);
  const [keeping, setKeeping] = useState(before.keeping);
  const [day, setDay] = useState(before.day);
  const isConflict = error?.code === "PRECONDITION_FAILED";
  const save = () => {
    const keepsOtherwise = keeping !== before.keeping || (keeping === "until" && day !== before.day);
    // The last moment of the day.
    const end = () => new Date(Date.parse(startOfNextDay(day, start.user.timeZone)) - 1).toISOString();
    mutate(
      {
        params: { id: media.id },
        body: {
          ...(altText !== before.altText && { altText: altText === "" ? null : altText }),
          ...(keepsOtherwise && { keepUntil: keeping === "until" ? end() : keeping === "forever" ? "forever" : null }),
        },
        ifMatch: etag ?? undefined,
      },
      {
        onSuccess: (answer) => {
          // The next change is one of this version, also before it is read again.
          cache.setQueryData(keyOf(mediaGet, mode, { params: { id: media.id } }), answer);
          setBefore({ altText, keeping, day });
          toasts.say(t`Saved`);
        },
      },
    );
  };
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <TextArea
        label={t`Alt text`}
        hint={t`For people who cannot see it. Posts that you add the file to start with this text.`}
        rows={2}
        maxLength={10_000}
        value={altText}
        onChange={({ target }) => setAltText(target.value)}
      />
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <Select
          label={t`Keep`}
          hint={
            keeping === "automatic"
              ? t`Deleted 7 days after it was added, or 30 days after its posts are published or cancelled.`
              : undefined
          }
          value={keeping}
          onChange={({ target: { value } }) =>
            setKeeping(value === "forever" || value === "until" ? value : "automatic")
          }
          options={[
            { value: "forever", name: t`Until I delete it` },
            { value: "until", name: t`Until a day` },
            { value: "automatic", name: t`Only as long as posts use it` },
          ]}
        />
        {keeping === "until" && (
          <TextField
            label={t`Last day`}
            type="date"
            required
            value={day}
            onChange={({ target }) => setDay(target.value)}
          />
        )}
      </div>
      {isConflict && (
        <Notice tone="bad">
          <Trans>Somebody else has changed this file. Save again to replace what they wrote:</Trans>{" "}
          <q>{media.altText}</q>
        </Notice>
      )}
      {error !== null && !isConflict && <Failure error={error} />}
      <Button type="submit" isBusy={isPending} disabled={keeping === "until" && day === ""}>
        {t`Save`}
      </Button>
    </form>
  );
}

interface Used {
  posts: readonly PostSummary[];
  total: number;
}

function UsedIn({ used }: { used: Used | undefined }) {
  const { t } = useLingui();
  return (
    <section className="space-y-2">
      <h3 className="text-sm font-semibold">{t`Used in`}</h3>
      {used === undefined ? <Loading rows={1} /> : used.total === 0 ? <NotUsed /> : <Posts used={used} />}
    </section>
  );
}

function NotUsed() {
  return (
    <p className="text-sm text-dim">
      <Trans>No post uses it.</Trans>
    </p>
  );
}

function Posts({ used: { posts, total } }: { used: Used }) {
  const { t } = useLingui();
  const more = total - posts.length;
  return (
    <ul className="max-h-48 divide-y overflow-y-auto rounded-lg border">
      {posts.map((post) => (
        <li key={post.id} className="flex items-center gap-2 px-3 py-2">
          <Link to="/posts/$id" params={{ id: post.id }} className="min-w-0 grow truncate text-sm text-link" dir="auto">
            <TextPreview text={post.textPreview} />
          </Link>
          <StatusTag status={shownStatus(post)} />
        </li>
      ))}
      {more > 0 && (
        <li className="px-3 py-2 text-sm text-dim">{t`and ${plural(more, { one: "# more", other: "# more" })}`}</li>
      )}
    </ul>
  );
}

interface DeletionProps {
  media: Media;
  used: Used | undefined;
  onBack: () => void;
  onDeleted: () => void;
}

function Deletion({ media: { id, filename }, used, onBack, onDeleted }: DeletionProps) {
  const { t } = useLingui();
  const toasts = useToasts();
  const { mutate, isPending, error } = useWrite(mediaDelete);
  const needing = used?.posts.filter((post) => !isOver(post)) ?? [];
  return (
    <div className="space-y-4">
      <p>
        {needing.length > 0 ? (
          <Trans>
            <bdi>{filename}</bdi> cannot be deleted, because posts still need it. Cancel them or change their media
            first.
          </Trans>
        ) : (
          <Trans>
            <bdi>{filename}</bdi> is deleted for good, and its URL stops working.
          </Trans>
        )}
      </p>
      {used !== undefined && used.total > 0 && (
        <>
          {needing.length === 0 && (
            <p className="text-sm text-dim">
              <Trans>These posts used it. What the platforms show does not change.</Trans>
            </p>
          )}
          <Posts used={needing.length > 0 ? { posts: needing, total: needing.length } : used} />
        </>
      )}
      {error !== null && <Failure error={error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button autoFocus onClick={onBack}>{t`Back`}</Button>
        <Button
          kind="final"
          disabled={used === undefined || needing.length > 0}
          isBusy={isPending}
          onClick={() =>
            mutate(
              { params: { id } },
              {
                onSuccess: () => {
                  toasts.say(t`Deleted: ${filename}`);
                  onDeleted();
                },
              },
            )
          }
        >
          {t`Delete`}
        </Button>
      </div>
    </div>
  );
}
