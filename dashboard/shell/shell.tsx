import { useLingui } from "@lingui/react/macro";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Suspense, useEffect, useRef, useState } from "react";

import { approvalsList } from "../../contract/operations/approvals.ts";
import { MODES, type Mode } from "../../model/platform-names.ts";
import { useRead } from "../api/use-api.ts";
import { start } from "../start.ts";
import { buttonClass } from "../ui/controls.tsx";
import { MoreIcon, PlusIcon } from "../ui/icons.tsx";
import { later } from "../ui/later.ts";
import { useIsNarrow } from "../ui/narrow.ts";
import { Commands } from "./commands.tsx";
import { inMode, rememberMode, useMode } from "./mode.ts";
import { useIsOnline } from "./online.ts";
import { USER, UserLetter } from "./user-letter.tsx";
import { useWays } from "./ways.ts";
import { inWorkspace, may, mayOpen, needsApproval, workspace } from "./workspace.ts";

/** Menus are large, so they come once one is opened. */
const OpenUserMenu = later(async () => (await import("./user-menu.tsx")).UserMenu);

const NotAllowed = later(async () => (await import("./not-allowed.tsx")).NotAllowed);

/** The frame of every view: where one is, in which mode, and where one can go. */
export function Shell() {
  const { t } = useLingui();
  const mode = useMode();
  const main = useRef<HTMLElement>(null);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const view = useRouterState({ select: ({ matches }) => matches.at(-1)?.routeId ?? "" });
  useEffect(() => rememberMode(mode), [mode]);
  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current) isFirst.current = false;
    else main.current?.focus();
  }, [path]);
  return (
    <div className="md:grid md:min-h-dvh md:grid-cols-[14rem_1fr]">
      <a href="#main" className="sr-only focus:not-sr-only focus:fixed focus:z-50 focus:m-2 focus:bg-card focus:p-3">
        {t`Skip to content`}
      </a>
      <Side />
      <div className="flex min-w-0 flex-col">
        <Top mode={mode} />
        <Offline />
        <main id="main" ref={main} tabIndex={-1} className="min-w-0 grow px-4 pt-4 pb-28 outline-none sm:px-6 md:pb-10">
          {mayOpen(view) ? (
            <Outlet />
          ) : (
            <Suspense>
              <NotAllowed />
            </Suspense>
          )}
        </main>
      </div>
    </div>
  );
}

const WAY =
  "relative flex min-h-14 w-full flex-col items-center justify-center gap-0.5 px-1 text-[0.6875rem] font-medium text-dim " +
  "no-underline aria-[current=page]:text-ink md:min-h-10 md:flex-row md:justify-start md:gap-3 md:rounded-lg md:px-2 md:text-sm " +
  "md:hover:bg-tint md:aria-[current=page]:bg-tint";

const NEW =
  "max-md:absolute max-md:end-4 max-md:bottom-full max-md:mb-3 max-md:size-14 max-md:rounded-full max-md:px-0 " +
  "max-md:shadow-lg max-md:aria-[current=page]:hidden md:mb-3 md:w-full";

function Side() {
  const { t } = useLingui();
  const ways = useWays();
  const isNarrow = useIsNarrow();
  const logo = start.brand.logo ?? (start.brand.name === null ? "/app/icon.svg" : null);
  return (
    <nav
      aria-label={t`Main`}
      className="fixed inset-x-0 bottom-0 z-20 border-t bg-card md:sticky md:top-0 md:h-dvh md:border-t-0 md:border-e md:p-3"
    >
      <div className="mb-4 hidden items-center gap-2 px-2 pt-1 font-bold md:flex">
        {logo !== null && <img src={logo} alt="" className="h-7 max-w-28 object-contain" />}
        {start.brand.name ?? "Ampost"}
      </div>
      {inWorkspace.workspace !== undefined && (
        <p className="mb-3 hidden truncate px-2 text-sm text-dim md:block">{workspace.name}</p>
      )}
      {mayOpen("/compose") && (
        <Link to="/compose" search={({ mode: now }) => ({ mode: now })} className={buttonClass("main", NEW)}>
          <PlusIcon />
          <span className="max-md:sr-only">{t`New post`}</span>
        </Link>
      )}
      <ul className="flex md:block md:space-y-0.5">
        {ways.slice(0, isNarrow ? FIRST_ON_PHONE : ways.length).map(({ to, search, name, Icon }) => (
          <li key={to} className="min-w-0 flex-1">
            <Link to={to} search={search} activeOptions={{ exact: to === "/", includeSearch: false }} className={WAY}>
              <Icon />
              {name}
              {to === "/approvals" && <WaitingCount />}
            </Link>
          </li>
        ))}
        {isNarrow && <OtherWays ways={ways.slice(FIRST_ON_PHONE)} />}
      </ul>
    </nav>
  );
}

const FIRST_ON_PHONE = 4;

/** What a phone has no room for beside the others. */
function OtherWays({ ways }: { ways: ReturnType<typeof useWays> }) {
  const { t } = useLingui();
  const list = useRef<HTMLUListElement>(null);
  const isHere = useRouterState({ select: ({ location }) => ways.some(({ to }) => location.pathname.startsWith(to)) });
  return (
    <li className="min-w-0 flex-1">
      <button type="button" popoverTarget="other-ways" className={`${WAY} ${isHere ? "text-ink" : ""}`}>
        <MoreIcon />
        {t`More`}
      </button>
      <ul
        ref={list}
        id="other-ways"
        popover="auto"
        onClick={() => list.current?.hidePopover()}
        className="fixed inset-auto end-2 bottom-16 w-48 rounded-xl border bg-card p-1 shadow-lg"
      >
        {ways.map(({ to, search, name, Icon }) => (
          <li key={to}>
            <Link
              to={to}
              search={search}
              activeOptions={{ includeSearch: false }}
              className="flex min-h-11 items-center gap-3 rounded-lg px-3 text-sm font-medium text-dim no-underline aria-[current=page]:bg-tint aria-[current=page]:text-ink"
            >
              <Icon />
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </li>
  );
}

/** What waits for the person: posts to approve or, for a writer, their own that were sent back. */
function WaitingCount() {
  const { t } = useLingui();
  const { data } = useRead(
    approvalsList,
    { query: { limit: 100, ...(needsApproval && { state: "sent_back" as const }) } },
    { everyMilliseconds: 60_000, enabled: needsApproval || may("posts_approve") },
  );
  const theirs = data?.approvals.filter(({ member }) => !needsApproval || member?.id === start.user.id);
  const count = theirs?.length ?? 0;
  if (count === 0) return null;
  const shown = data?.nextCursor === null ? String(count) : `${count}+`;
  return (
    <span
      className="rounded-full bg-warn-tint px-2 text-xs font-semibold text-warn max-md:absolute max-md:start-1/2 max-md:top-1 max-md:ms-1.5 max-md:px-1.5 md:ms-auto"
      title={needsApproval ? t`${shown} sent back` : t`${shown} waiting`}
    >
      {shown}
    </span>
  );
}

function Top({ mode }: { mode: Mode }) {
  const { t } = useLingui();
  return (
    <header
      className={`sticky top-0 z-10 flex min-h-14 items-center gap-3 border-b px-4 sm:px-6 ${mode === "test" ? "bg-warn-tint" : "bg-card"}`}
    >
      <p className={`min-w-0 grow text-sm ${mode === "test" ? "text-warn" : "text-dim"}`}>
        {mode === "test" ? (
          <>
            <strong>{t`Test mode`}</strong>
            <WorkspaceName />
            <span className="max-lg:hidden"> · {t`Posts go to the sandbox, not to the platforms.`}</span>
          </>
        ) : (
          <>
            <strong className="text-ink">{t`Live mode`}</strong>
            <WorkspaceName />
            <span className="max-lg:hidden"> · {t`Posts go to the platforms.`}</span>
          </>
        )}
      </p>
      <Commands />
      <ModeSwitch mode={mode} />
      <UserMenu />
    </header>
  );
}

function Offline() {
  const { t } = useLingui();
  if (useIsOnline()) return null;
  return (
    <p role="status" className="border-b bg-bad-tint px-4 py-2 text-sm font-semibold text-bad sm:px-6">
      {t`You are offline. What is shown may be old, and nothing can be changed.`}
    </p>
  );
}

/** Beside the navigation, there is no room for it on a phone. */
function WorkspaceName() {
  return (
    inWorkspace.workspace !== undefined && <span className="block truncate text-xs md:hidden">{workspace.name}</span>
  );
}

function ModeSwitch({ mode }: { mode: Mode }) {
  const { t } = useLingui();
  const names: Record<Mode, string> = { test: t`Test`, live: t`Live` };
  return (
    <div role="group" aria-label={t`Mode`} className="flex rounded-lg border bg-card p-0.5">
      {MODES.toReversed().map((each) => (
        <Link
          key={each}
          to="."
          search={inMode(each)}
          aria-current={each === mode ? "true" : undefined}
          className={`rounded-md px-3 py-1.5 text-sm font-semibold whitespace-nowrap no-underline ${each === mode ? "bg-brand text-on-brand" : "text-dim hover:bg-tint"}`}
        >
          {names[each]}
        </Link>
      ))}
    </div>
  );
}

function UserMenu() {
  const { t } = useLingui();
  const [isWanted, setWanted] = useState(false);
  const closed = (
    <button
      type="button"
      className={USER}
      aria-label={t`Account menu`}
      aria-haspopup="menu"
      aria-expanded={false}
      onPointerEnter={() => OpenUserMenu.preload()}
      onFocus={() => OpenUserMenu.preload()}
      onClick={() => setWanted(true)}
    >
      <UserLetter />
    </button>
  );
  if (!isWanted) return closed;
  return (
    <Suspense fallback={closed}>
      <OpenUserMenu />
    </Suspense>
  );
}
