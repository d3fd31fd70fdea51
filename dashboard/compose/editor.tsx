import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { Tabs } from "radix-ui";
import { startTransition, Suspense, useCallback, useEffect, useMemo, useState } from "react";

import type { Account } from "../../contract/operations/accounts.ts";
import type { PlatformSet } from "../../contract/operations/platform-sets.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { useFreshCreators } from "../api/fresh-creators.ts";
import { randomId } from "../api/random-id.ts";
import { isTextField } from "../media/use-drops.ts";
import { ApprovalNotice } from "../posts/approval-notice.tsx";
import { useMode } from "../shell/mode.ts";
import { needsApproval } from "../shell/workspace.ts";
import { labelOf } from "../start.ts";
import { Button } from "../ui/controls.tsx";
import { useIsIdle } from "../ui/idle.ts";
import { later } from "../ui/later.ts";
import { Card, Notice, Skeleton, Tag, View } from "../ui/surfaces.tsx";
import { Said } from "../words/use-words.tsx";
import {
  type Composer,
  ComposerContext,
  CountsContext,
  type Described,
  DraftContext,
  FindingsContext,
  RevisionContext,
} from "./context.ts";
import { useCounts, useRules } from "./counts.ts";
import type { Draft } from "./draft.ts";
import { Issues, useValidation } from "./findings.tsx";
import { useHistory } from "./history.ts";
import { ALL, type Finding, hasField, missingDisclosures, type Tab, tabOf } from "./issues.ts";
import { KeptDrafts } from "./kept-drafts.tsx";
import { type Kept, listKept } from "./kept.ts";
import { DropsAnywhere } from "./media-box.tsx";
import { PublishBar } from "./publish-bar.tsx";
import { type Saved, useSaving } from "./saving.ts";
import { SharedPanel } from "./shared-panel.tsx";
import { useKeeping } from "./use-keeping.ts";
import { WhenCard } from "./when-card.tsx";
import { WhereCard } from "./where-card.tsx";

/** Previews, and what only a platform has, come when the browser has time. */
const PlatformPanel = later(async () => (await import("./platform-panel.tsx")).PlatformPanel);
const Preview = later(async () => (await import("./preview.tsx")).Preview);
const PREVIEW_ROOM = <div className="h-64 rounded-2xl border bg-card" />;

interface EditorProps {
  initial: Draft;
  opened: Saved | null;
  /** What was not saved, and is written on. */
  continued: Kept | null;
  sets: readonly PlatformSet[];
  accounts: readonly Account[];
  described: ReadonlyMap<PlatformName, Described>;
  title: string;
  onCreated: (id: string) => void;
}

export function Editor({ initial, opened, continued, sets, accounts, described, title, onCreated }: EditorProps) {
  const { t } = useLingui();
  const history = useHistory(initial, continued?.draft ?? null);
  const { draft, latest, revision, change, type, note, undo, redo } = history;
  const [tab, setTab] = useState<Tab>(ALL);
  const isStarted = history.isTouched || opened !== null;
  const isIdle = useIsIdle();
  useEffect(() => {
    if (isIdle) PlatformPanel.preload();
  }, [isIdle]);
  const rules = useRules(history.isTouched || (isStarted && isIdle));
  const accountOf = useCallback(
    (platform: PlatformName) =>
      accounts.find(
        (account) =>
          account.platform === platform && account.platformSetId === draft.platformSetId && account.status === "active",
      ),
    [accounts, draft.platformSetId],
  );
  const cutTo = rules?.cutTo;
  const [id] = useState(randomId);
  const composer = useMemo<Composer>(
    () => ({ id, described, accountOf, change, type, note, latest, show: setTab, cutTo }),
    [id, described, accountOf, change, type, note, latest, cutTo],
  );
  const counts = useCounts(rules, draft, described, accountOf);
  const validation = useValidation(draft);
  const { answer } = validation;
  const findings = useMemo<Finding[]>(
    () =>
      isStarted
        ? [
            ...missingDisclosures(draft, described),
            ...(answer?.issues ?? []).map((issue) => ({ ...issue, isWarning: false })),
            ...(answer?.warnings ?? []).map((issue) => ({ ...issue, isWarning: true })),
          ]
        : [],
    [answer, draft, described, isStarted],
  );
  const elsewhere = findings.filter(
    (finding) => !hasField(finding, (platform) => (described.get(platform)?.fields ?? []).map(({ name }) => name)),
  );
  const shownTab = tab !== ALL && draft.platforms.includes(tab) ? tab : ALL;
  const owner = shownTab !== ALL && draft.overrides[shownTab]?.media !== undefined ? shownTab : null;
  const shownSlot = useMemo(() => ({ platform: owner, path: [] }), [owner]);
  const saving = useSaving(id, opened, initial, continued);
  useFreshCreators(
    draft.platforms.flatMap((platform) =>
      described.get(platform)?.capabilities.sharing === undefined ? [] : (accountOf(platform)?.id ?? []),
    ),
  );
  useUndoKeys(undo, redo);
  const mode = useMode();
  const openedId = opened?.post.id ?? null;
  const [kept] = useState(() => listKept(mode, openedId).filter(({ key }) => key !== continued?.key));
  useKeeping(id, history, saving, continued);
  const shownDraft = useAfterPause(draft);
  return (
    <ComposerContext value={composer}>
      <RevisionContext value={revision}>
        <DraftContext value={draft}>
          <FindingsContext value={findings}>
            <CountsContext value={counts}>
              <View
                title={title}
                isWide
                actions={
                  <>
                    <Button kind="quiet" disabled={!history.canUndo} onClick={undo} aria-keyshortcuts="Control+Z">
                      {t`Undo`}
                    </Button>
                    <Button kind="quiet" disabled={!history.canRedo} onClick={redo} aria-keyshortcuts="Control+Shift+Z">
                      {t`Redo`}
                    </Button>
                  </>
                }
              >
                {kept.length > 0 && <KeptDrafts postId={openedId} found={kept} />}
                {opened !== null && !(history.isTouched && opened.post.approval?.state === "approved") && (
                  <ApprovalNotice post={opened.post} isBeingEdited />
                )}
                <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
                  <div className="min-w-0 space-y-4">
                    <WhereCard
                      sets={sets}
                      platformSetId={draft.platformSetId}
                      platforms={draft.platforms}
                      accountOf={accountOf}
                    />
                    <Card>
                      <Tabs.Root
                        value={shownTab}
                        onValueChange={(value) => setTab(draft.platforms.find((each) => each === value) ?? ALL)}
                      >
                        <Tabs.List
                          className="relative mb-4 flex gap-1 overflow-x-auto border-b pb-2"
                          aria-label={t`Versions`}
                        >
                          <TabButton value={ALL} name={t`All platforms`} findings={findings} />
                          {draft.platforms.map((platform) => (
                            <TabButton key={platform} value={platform} name={labelOf(platform)} findings={findings} />
                          ))}
                        </Tabs.List>
                        <DropsAnywhere slot={shownSlot} />
                        <Tabs.Content value={ALL} tabIndex={-1}>
                          <SharedPanel text={draft.text} linkUrl={draft.linkUrl} media={draft.media} />
                        </Tabs.Content>
                        {draft.platforms.map((platform) => {
                          const each = described.get(platform);
                          return (
                            <Tabs.Content key={platform} value={platform} tabIndex={-1}>
                              {each !== undefined && (
                                <Suspense fallback={<Skeleton className="h-96" />}>
                                  <PlatformPanel
                                    described={each}
                                    sharedText={draft.text}
                                    sharedMedia={draft.media}
                                    override={draft.overrides[platform]}
                                  />
                                </Suspense>
                              )}
                            </Tabs.Content>
                          );
                        })}
                      </Tabs.Root>
                    </Card>
                  </div>
                  <div className="min-w-0 space-y-4 lg:sticky lg:top-18">
                    {needsApproval ? (
                      <Card title={t`When`}>
                        <p className="text-sm text-dim">{t`A publisher approves the post, and can schedule it.`}</p>
                      </Card>
                    ) : (
                      <WhenCard
                        when={draft.when}
                        platformSetId={draft.platformSetId}
                        platforms={draft.platforms}
                        save={saving.save}
                        createBeside={saving.createBeside}
                        saved={saving.saved}
                      />
                    )}
                    <Issues findings={elsewhere} />
                    {validation.error !== null && (
                      <Notice tone="bad">
                        <Said text={validation.error.message} />
                      </Notice>
                    )}
                    <PublishBar
                      draft={draft}
                      findings={findings}
                      isChecked={validation.isCurrent && (answer !== undefined || draft.platforms.length === 0)}
                      isMended={async () =>
                        missingDisclosures(draft, described).length === 0 && (await validation.isMended())
                      }
                      saving={saving}
                      described={described}
                      accountOf={accountOf}
                      isTouched={history.isTouched}
                      onCreated={onCreated}
                    />
                    {draft.platforms.length > 0 && (
                      <Suspense fallback={PREVIEW_ROOM}>
                        {isIdle ? <Preview draft={shownDraft} tab={shownTab} /> : PREVIEW_ROOM}
                      </Suspense>
                    )}
                  </div>
                </div>
              </View>
            </CountsContext>
          </FindingsContext>
        </DraftContext>
      </RevisionContext>
    </ComposerContext>
  );
}

function TabButton({ value, name, findings }: { value: Tab; name: string; findings: readonly Finding[] }) {
  const { t } = useLingui();
  const here = findings.filter((finding) => tabOf(finding) === value);
  const count = here.filter(({ isWarning }) => !isWarning).length;
  const warnings = here.length - count;
  return (
    <Tabs.Trigger
      value={value}
      className="inline-flex min-h-10 shrink-0 items-center gap-2 rounded-lg px-3 text-sm font-semibold whitespace-nowrap text-dim hover:bg-tint data-[state=active]:bg-tint data-[state=active]:text-ink"
    >
      {name}
      {count > 0 && (
        <Tag tone="bad">
          <span aria-hidden="true">{count}</span>
          <span className="sr-only">{t`${count} to fix`}</span>
        </Tag>
      )}
      {warnings > 0 && (
        <Tag tone="warn">
          <span aria-hidden="true">{warnings}</span>
          <span className="sr-only">{plural(warnings, { one: "# warning", other: "# warnings" })}</span>
        </Tag>
      )}
    </Tabs.Trigger>
  );
}

const PREVIEW_PAUSE_MILLISECONDS = 200;

/** Drawing costs layout, which no key can interrupt: it waits until no key has come for a moment. */
function useAfterPause(draft: Draft): Draft {
  const [shown, setShown] = useState(draft);
  useEffect(() => {
    const timer = setTimeout(() => startTransition(() => setShown(draft)), PREVIEW_PAUSE_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [draft]);
  return shown;
}

/** Text boxes have their own, and so has what is over the view. */
function useUndoKeys(undo: () => void, redo: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
      if (isTextField(event.target) || document.querySelector("dialog[open]") !== null) return;
      event.preventDefault();
      if (event.shiftKey) redo();
      else undo();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [undo, redo]);
}
