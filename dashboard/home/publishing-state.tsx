import { useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";

import { type Pause, publishingGet, publishingPause, publishingResume } from "../../contract/operations/publishing.ts";
import { useRead, useWrite } from "../api/use-api.ts";
import { may } from "../shell/workspace.ts";
import { start } from "../start.ts";
import { Button, buttonClass } from "../ui/controls.tsx";
import { MoreIcon } from "../ui/icons.tsx";
import { MenuButton, type MenuItem } from "../ui/menu-button.tsx";
import { Loading, Notice } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useToasts } from "../ui/toasts.tsx";

const CHANGED = ["/api/v1/publishing"];

/** Says when nothing is published, and lets those who may stop and resume it. */
export function PublishingState() {
  const { t } = useLingui();
  const { data, isPending } = useRead(publishingGet, {}, { everyMilliseconds: 15_000 });
  const toasts = useToasts();
  const resume = useWrite(publishingResume, CHANGED);
  if (isPending) return <Loading />;
  if (data === undefined) return null;
  const { status, pauses } = data.publishing;
  const ofInstance = pauses.find(({ scope }) => scope === "instance");
  const own = pauses.find(({ scope }) => scope === "user");
  const single = pauses.filter(({ scope }) => scope === "platform_set" || scope === "account").length;
  const failed = { onError: toasts.sayFailure };
  const resumes = (body: { instance?: true }) =>
    may("publishing_resume") && (
      <Button isBusy={resume.isPending} onClick={() => resume.mutate({ body }, failed)}>
        {t`Resume publishing`}
      </Button>
    );
  return (
    <>
      {status === "held" && (
        <Notice tone="warn">
          <p className="font-semibold">{t`Publishing is on hold.`}</p>
          <p>
            {start.user.isOwner
              ? t`The database was restored or copied, so nothing is published until you run "ampost publishing release". "ampost publishing status" shows which posts are being checked.`
              : t`Nothing is published until the operator releases it.`}
          </p>
        </Notice>
      )}
      {ofInstance !== undefined && (
        <Paused
          pause={ofInstance}
          text={start.user.isOwner ? t`Publishing is paused for everyone.` : t`The operator has paused publishing.`}
        >
          {start.user.isOwner && resumes({ instance: true })}
        </Paused>
      )}
      {own !== undefined && (
        <Paused pause={own} text={own.byOperator ? t`The operator has paused publishing.` : t`Publishing is paused.`}>
          {!own.byOperator && resumes({})}
        </Paused>
      )}
      {single > 0 && <Notice tone="warn">{t`Publishing is paused for some accounts. Platforms shows which.`}</Notice>}
    </>
  );
}

/** Stops publishing, the user's or, for the owner of the instance, everybody's; and whatever else can be done. */
export function HomeMenu({ others }: { others: readonly MenuItem[] }) {
  const { t } = useLingui();
  const { data } = useRead(publishingGet);
  const toasts = useToasts();
  const pause = useWrite(publishingPause, CHANGED);
  if (data === undefined) return null;
  const canPause = (wanted: Pause["scope"]) =>
    may("publishing_pause") && !data.publishing.pauses.some(({ scope }) => scope === wanted);
  const stop = (body: { instance?: true }) => pause.mutate({ body }, { onError: toasts.sayFailure });
  const items = [...others];
  if (canPause("user")) items.push({ name: t`Pause publishing`, onSelect: () => stop({}) });
  if (start.user.isOwner && canPause("instance"))
    items.push({ name: t`Pause publishing for everyone`, onSelect: () => stop({ instance: true }) });
  if (items.length === 0) return null;
  return (
    <MenuButton label={t`More actions`} className={buttonClass("plain", "px-2.5")} items={items}>
      <MoreIcon />
    </MenuButton>
  );
}

function Paused({ pause, text, children }: { pause: Pause; text: string; children: ReactNode }) {
  const { t } = useLingui();
  return (
    <Notice tone="warn">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p>
          <strong>{text}</strong> {t`Since`} <Time at={pause.since} withZone />.
        </p>
        {children}
      </div>
    </Notice>
  );
}
