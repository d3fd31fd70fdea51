import { useLingui } from "@lingui/react/macro";
import { useNavigate } from "@tanstack/react-router";
import { Suspense, useEffect, useEffectEvent, useMemo, useState } from "react";

import { MODES } from "../../model/platform-names.ts";
import { start } from "../start.ts";
import { Button } from "../ui/controls.tsx";
import { SearchIcon } from "../ui/icons.tsx";
import { later } from "../ui/later.ts";
import { Dialog } from "../ui/surfaces.tsx";
import { Keys } from "./keys.tsx";
import { inMode, useMode } from "./mode.ts";
import { type Command, listenForShortcuts, type Shortcut, withControl } from "./shortcuts.ts";
import { saveTheme, type Theme, THEMES } from "./theme.ts";
import { useWays } from "./ways.ts";
import { mayOpen } from "./workspace.ts";

const Palette = later(async () => (await import("./palette.tsx")).Palette);
const ShortcutList = later(async () => (await import("./shortcut-list.tsx")).ShortcutList);

type Open = "palette" | "shortcuts" | null;

/** The button and the keys that open the command palette, and the keys of its commands. */
export function Commands() {
  const { t } = useLingui();
  const [open, setOpen] = useState<Open>(null);
  const commands = useCommands(() => setOpen("shortcuts"));
  const shortcuts = useMemo<readonly Shortcut[]>(
    () => commands.flatMap(({ keys, ...same }) => (keys === undefined ? [] : [{ ...same, keys }])),
    [commands],
  );
  const all = useEffectEvent(() => shortcuts);
  useEffect(() => listenForShortcuts(() => all()), []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "k" || !(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      setOpen((before) => (before === "palette" ? null : "palette"));
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  const close = () => setOpen(null);
  return (
    <>
      <Button kind="quiet" className="px-2" aria-keyshortcuts="Control+K Meta+K" onClick={() => setOpen("palette")}>
        <SearchIcon />
        <span className="max-lg:sr-only">{t`Search`}</span>
        <Keys keys={[withControl("K")]} className="max-lg:hidden" />
      </Button>
      {open === "palette" && (
        <Suspense>
          <Palette commands={commands} onClose={close} />
        </Suspense>
      )}
      <Dialog title={t`Keyboard shortcuts`} isOpen={open === "shortcuts"} onClose={close}>
        <Suspense>
          <ShortcutList shortcuts={shortcuts} />
        </Suspense>
      </Dialog>
    </>
  );
}

function useCommands(showShortcuts: () => void): readonly Command[] {
  const { t } = useLingui();
  const navigate = useNavigate();
  const mode = useMode();
  const ways = useWays();
  const other = MODES.find((each) => each !== mode) ?? mode;
  const themes: Record<Theme, string> = {
    system: t`Theme: same as the system`,
    light: t`Theme: light`,
    dark: t`Theme: dark`,
  };
  return [
    ...(mayOpen("/compose")
      ? [
          {
            name: t`New post`,
            keys: ["c"],
            run: () => void navigate({ to: "/compose", search: ({ mode: now }) => ({ mode: now }) }),
          },
        ]
      : []),
    ...ways.map(({ to, search, name, key }) => ({
      name: t`Go to ${name}`,
      keys: ["g", key],
      run: () => void navigate({ to, search }),
    })),
    {
      name: other === "live" ? t`Switch to live mode` : t`Switch to test mode`,
      run: () => void navigate({ to: ".", search: inMode(other) }),
    },
    ...THEMES.map((theme) => ({ name: themes[theme], run: () => saveTheme(theme) })),
    { name: t`Keyboard shortcuts`, keys: ["?"], run: showShortcuts },
    { name: t`Documentation`, run: () => location.assign(start.docsUrl) },
  ];
}
