import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { Suspense, useEffect, useEffectEvent, useRef, useState } from "react";

import { AmpostError, isPassing } from "../../client/errors.ts";
import type { Account } from "../../contract/operations/accounts.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { useMode } from "../shell/mode.ts";
import { needsApproval, queryIn } from "../shell/workspace.ts";
import { labelOf } from "../start.ts";
import { Button } from "../ui/controls.tsx";
import { later } from "../ui/later.ts";
import { Dialog } from "../ui/surfaces.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { Said } from "../words/use-words.tsx";
import { Consent, creatorName } from "./consent.tsx";
import { type Described, useComposer } from "./context.ts";
import { type Draft, isUploading, settingsOf } from "./draft.ts";
import { type Finding, missingDisclosures, tabOf } from "./issues.ts";
import { Leaving, type Undone } from "./leaving.tsx";
import type { Saved, useSaving } from "./saving.ts";
import { useFilesOf } from "./uploads.ts";

const Conflict = later(async () => (await import("./conflict.tsx")).Conflict);

interface PublishBarProps {
  draft: Draft;
  findings: readonly Finding[];
  /** Whether the findings are about the draft as it is. */
  isChecked: boolean;
  /** Checks again. */
  isMended: () => Promise<boolean>;
  saving: ReturnType<typeof useSaving>;
  described: ReadonlyMap<PlatformName, Described>;
  accountOf: (platform: PlatformName) => Account | undefined;
  isTouched: boolean;
  onCreated: (id: string) => void;
}

const AUTOSAVE_MILLISECONDS = 1500;

/** What can be done with the post, and what keeps it from being done. */
export function PublishBar(props: PublishBarProps) {
  const { draft, findings, isChecked, isMended, saving, described, accountOf, isTouched, onCreated } = props;
  const { t } = useLingui();
  const { show, latest } = useComposer();
  const mode = useMode();
  const navigate = useNavigate();
  const toasts = useToasts();
  const [doing, setDoing] = useState<"save" | "publish" | null>(null);
  const [isAsking, setAsking] = useState(false);
  const { when } = draft;
  const files = useFilesOf(draft);
  const blockers = findings.filter(({ isWarning }) => !isWarning);
  const canSave = draft.platforms.length > 0 && !files.areAwaited && doing === null;
  const [missing] = missingDisclosures(draft, described);
  const calendar = useLocation({ select: ({ state }) => state.calendar });
  const isScheduled = saving.saved.current?.post.status === "scheduled";
  const isSaved = draft === saving.savedDraft;
  const hasTimeHere = when.kind !== "draft" && !isScheduled;
  const isFree = isTouched && doing === null;
  const undone: Undone[] = [
    ...(isFree && isScheduled && !isSaved ? (["changes"] as const) : []),
    ...(files.areAwaited ? (["files"] as const) : []),
    ...(isFree && hasTimeHere ? (["time"] as const) : []),
  ];
  const isQuiet = useRef(false);

  const isLeft = useIsLeft();
  const open = ({ post: { id } }: Saved) => {
    if (!isLeft()) void navigate({ to: "/posts/$id", params: { id }, ignoreBlocker: true });
  };
  const showScheduled = (saved: Saved) => {
    if (calendar === undefined) {
      open(saved);
      toasts.say(t`Post scheduled`);
      return;
    }
    if (!isLeft()) void navigate({ to: "/calendar", search: { ...calendar, mode }, ignoreBlocker: true });
    toasts.sayOf(`/posts/${saved.post.id}?${queryIn(mode)}`, t`Post scheduled`);
  };
  const fail = (error: unknown) => {
    if (error instanceof AmpostError && error.code === "PRECONDITION_FAILED") return;
    const saved = saving.saved.current;
    if (error instanceof AmpostError && error.code === "APPROVAL_REQUIRED" && needsApproval && saved !== null) {
      open(saved);
      toasts.say(t`A publisher has been asked to approve it.`);
      return;
    }
    toasts.sayFailure(error instanceof Error ? error : new Error(String(error)));
  };
  const attempt = async (what: "save" | "publish", work: () => Promise<Saved>, then: (saved: Saved) => void) => {
    // What is not checked yet is left to the server.
    const first = missing ?? (isChecked ? blockers[0] : undefined);
    setDoing(what);
    if (first === undefined || (await isMended())) {
      const isNew = saving.saved.current === null;
      await work().then(then, (error: unknown) => {
        // What could not be published is a draft now.
        if (isNew && saving.saved.current !== null) created(saving.saved.current);
        fail(error);
      });
    } else {
      show(tabOf(first));
      toasts.sayFailure(new Error(first.message));
    }
    setDoing(null);
  };
  const save = () =>
    attempt(
      "save",
      () => saving.save(latest(), latest().when),
      (saved) => {
        if (when.kind !== "draft") {
          showScheduled(saved);
          return;
        }
        created(saved);
        toasts.say(t`Draft saved`);
      },
    );
  const created = ({ post: { id } }: Saved) => {
    if (isLeft()) return;
    onCreated(id);
    void navigate({
      to: "/compose",
      search: ({ mode: now }) => ({ mode: now, post: id }),
      state: true,
      replace: true,
      ignoreBlocker: true,
    });
  };
  const publish = () => {
    setAsking(false);
    return attempt(
      "publish",
      () => saving.publish(latest()),
      (saved) => {
        open(saved);
        toasts.say(t`Publishing has started.`);
      },
    );
  };
  const askOrPublish = () =>
    mode === "live" && !needsApproval && (blockers.length === 0 || !isChecked) ? setAsking(true) : void publish();
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || document.querySelector("dialog[open]") !== null) return;
    if (event.key === "Enter" || event.key === "s") {
      event.preventDefault();
      if (canSave) void save();
    }
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => onKey(event);
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
  useAutosave(props, doing === null, created);
  const dutiesOf = (platform: PlatformName) => described.get(platform)?.capabilities.sharing;
  return (
    <div className="space-y-3">
      {saving.state === "conflict" && saving.saved.current !== null && (
        <Suspense>
          <Conflict
            known={saving.saved.current}
            onOverrule={saving.overrule}
            onLoad={() => {
              isQuiet.current = true;
              location.reload();
            }}
          />
        </Suspense>
      )}
      {draft.platforms.map((platform) => {
        const duties = dutiesOf(platform);
        return duties === undefined ? null : (
          <Consent
            key={platform}
            platform={platform}
            duties={duties}
            settings={settingsOf(draft, platform)}
            account={accountOf(platform)}
          />
        );
      })}
      <div className="grid gap-2">
        <Button
          kind="main"
          isBusy={doing === "save"}
          disabled={!canSave || (missing !== undefined && when.kind !== "draft")}
          onClick={() => void save()}
          aria-keyshortcuts="Control+Enter"
        >
          {when.kind === "draft" ? t`Save draft` : t`Schedule`}
        </Button>
        <Button isBusy={doing === "publish"} disabled={!canSave || missing !== undefined} onClick={askOrPublish}>
          {needsApproval ? t`Send for approval` : t`Publish now`}
        </Button>
      </div>
      <p className="text-sm text-dim" role="status">
        {files.hasFailed ? (
          t`A file could not be uploaded. Try again, or remove it.`
        ) : files.areAwaited ? (
          t`Files are being uploaded.`
        ) : saving.state === "saving" ? (
          t`Saving…`
        ) : missing !== undefined ? (
          <Said text={missing.message} />
        ) : blockers.length > 0 ? (
          plural(blockers.length, { one: "# thing to fix", other: "# things to fix" })
        ) : isSaved ? (
          hasTimeHere ? (
            t`Draft saved, not scheduled yet`
          ) : (
            t`Saved`
          )
        ) : draft.platforms.length === 0 ? (
          t`Choose where to publish.`
        ) : (
          t`Not saved yet`
        )}
      </p>
      <Leaving undone={undone} isQuiet={isQuiet} />
      <Dialog title={t`Publish now?`} isOpen={isAsking} onClose={() => setAsking(false)}>
        <p className="mb-3 text-sm">{t`The post goes out now, for everybody who can see these accounts:`}</p>
        <ul className="mb-4 space-y-1 text-sm font-semibold">
          {draft.platforms.map((platform) => {
            const account = accountOf(platform);
            return (
              <li key={platform}>
                {labelOf(platform)}: {account && creatorName(account, dutiesOf(platform))}
              </li>
            );
          })}
        </ul>
        <div className="flex justify-end gap-2">
          <Button onClick={() => setAsking(false)}>{t`Not yet`}</Button>
          <Button kind="main" onClick={() => void publish()}>
            {t`Publish now`}
          </Button>
        </div>
      </Dialog>
    </div>
  );
}

/** Whether somebody has gone elsewhere meanwhile, who must not be led back. */
function useIsLeft(): () => boolean {
  const isLeft = useRef(false);
  useEffect(() => {
    isLeft.current = false;
    return () => {
      isLeft.current = true;
    };
  }, []);
  return () => isLeft.current;
}

/**
 * Keeps drafts on the server as soon as they are valid. A scheduled post changes only when somebody says so: what is
 * being scheduled must not become a draft again.
 */
function useAutosave(
  { draft, findings, isChecked, isTouched, saving }: PublishBarProps,
  isFree: boolean,
  onCreated: (saved: Saved) => void,
): void {
  const [refused, setRefused] = useState<Draft | null>(null);
  const status = saving.saved.current?.post.status ?? "draft";
  const isValid = isChecked && draft.platforms.length > 0 && findings.every(({ isWarning }) => isWarning);
  const canSave =
    isFree &&
    isValid &&
    isTouched &&
    status === "draft" &&
    // What somebody asked for comes first, and may leave nothing to save.
    !["saving", "conflict"].includes(saving.state) &&
    !isUploading(draft) &&
    draft !== refused &&
    draft !== saving.savedDraft;
  const run = useEffectEvent(() => {
    const isNew = saving.saved.current === null;
    saving.save(draft, { ...draft.when, kind: "draft" }, true).then(
      // If it was scheduled while this waited for its turn, that leads to the post.
      (saved) => isNew && saved.post.status === "draft" && onCreated(saved),
      // The state says so. Until the next change, only what may pass by itself is tried again.
      (error: unknown) => {
        if (error instanceof AmpostError && error.code !== "PRECONDITION_FAILED" && !isPassing(error))
          setRefused(draft);
      },
    );
  });
  const { when: _, ...rest } = draft;
  const content = JSON.stringify(rest);
  useEffect(() => {
    if (!canSave) return undefined;
    const timer = setTimeout(run, AUTOSAVE_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [canSave, content]);
}
