import { useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import type { AmpostError } from "../../client/errors.ts";
import type { PostSummary } from "../../contract/operations/posts.ts";
import { errorAt } from "../api/field-errors.ts";
import { shownStatus } from "../posts/shown-status.ts";
import { StatusTag } from "../posts/status.tsx";
import { TextPreview } from "../posts/text-preview.tsx";
import { labelOf } from "../start.ts";
import { Button, buttonClass } from "../ui/controls.tsx";
import { LocalTimeField } from "../ui/local-time-field.tsx";
import { type LocalTime, scheduledAt } from "../ui/local-time.ts";
import { Dialog, Notice } from "../ui/surfaces.tsx";
import { Said, SaidIssue } from "../words/use-words.tsx";
import { isMovable } from "./chip.tsx";
import { localTimeOf } from "./days.ts";
import { useCalendar } from "./grid.ts";
import type { NewTime, Refused } from "./use-move.ts";
import { timeOf } from "./use-posts-of-days.ts";

/** A post of the calendar: what it is, the way to it, and another time for it without dragging. */
export function PostDialog({
  post,
  onClose,
  onMove,
}: {
  post: PostSummary | null;
  onClose: () => void;
  onMove: (post: PostSummary, to: NewTime) => Promise<Refused>;
}) {
  const { t } = useLingui();
  return (
    <Dialog title={t`Post`} isOpen={post !== null} onClose={onClose}>
      {post !== null && <Shown key={post.id} post={post} onClose={onClose} onMove={onMove} />}
    </Dialog>
  );
}

function Shown({
  post,
  onClose,
  onMove,
}: {
  post: PostSummary;
  onClose: () => void;
  onMove: (post: PostSummary, to: NewTime) => Promise<Refused>;
}) {
  const { t } = useLingui();
  const { names, zone } = useCalendar();
  const at = timeOf(post);
  const [time, setTime] = useState<LocalTime>({ local: at === null ? "" : localTimeOf(at, zone), at });
  const [isBusy, setBusy] = useState(false);
  const [refused, setRefused] = useState<Refused>(null);
  const ofTime = errorAt(refused, "/scheduledFor");
  const move = async () => {
    setBusy(true);
    const answered = time.at === at ? null : await onMove(post, scheduledAt(time, zone));
    setBusy(false);
    setRefused(answered);
    if (answered === null) onClose();
  };
  return (
    <div className="space-y-4">
      <p className="whitespace-pre-wrap">
        <TextPreview text={post.textPreview} />
      </p>
      <div className="flex flex-wrap items-center gap-2 text-sm text-dim">
        <StatusTag status={shownStatus(post)} />
        <span>{post.platforms.map(labelOf).join(", ")}</span>
      </div>
      {at !== null && (
        <p className="text-sm text-dim">
          {names.moment(at)} ({zone}, {names.offset(at)})
        </p>
      )}
      {isMovable(post) && (
        <form
          className="flex flex-wrap items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            void move();
          }}
        >
          <div className="grow">
            <LocalTimeField
              label={t`Date and time`}
              hint={zone}
              required
              time={time}
              timeZone={zone}
              onChange={setTime}
              error={ofTime}
            />
          </div>
          <Button type="submit" isBusy={isBusy}>{t`Move`}</Button>
        </form>
      )}
      {refused !== null && ofTime === undefined && <WhyNot error={refused} />}
      <div className="flex flex-wrap gap-2">
        <Link to="/posts/$id" params={{ id: post.id }} className={buttonClass("main")}>
          {t`Open the post`}
        </Link>
      </div>
    </div>
  );
}

/** Says why a post that was dropped somewhere is where it was before. */
export function RefusedDialog({
  refused,
  onClose,
}: {
  refused: { post: PostSummary; error: AmpostError } | null;
  onClose: () => void;
}) {
  const { t } = useLingui();
  return (
    <Dialog title={t`The post was not moved`} isOpen={refused !== null} onClose={onClose}>
      {refused !== null && (
        <div className="space-y-4">
          <p className="truncate text-sm text-dim">
            <TextPreview text={refused.post.textPreview} />
          </p>
          <WhyNot error={refused.error} />
          <div className="flex flex-wrap gap-2">
            <Button kind="main" onClick={onClose}>{t`OK`}</Button>
            <Link to="/posts/$id" params={{ id: refused.post.id }} className={buttonClass()}>
              {t`Open the post`}
            </Link>
          </div>
        </div>
      )}
    </Dialog>
  );
}

function WhyNot({ error }: { error: AmpostError }) {
  return (
    <Notice tone="bad">
      {error.issues.length === 0 && (
        <p>
          <Said text={error.message} />
        </p>
      )}
      <ul className="space-y-2">
        {error.issues.map(({ rule, path, message, fix }) => (
          <li key={`${rule} ${path}`}>
            <SaidIssue message={message} fix={fix} />
          </li>
        ))}
      </ul>
    </Notice>
  );
}
