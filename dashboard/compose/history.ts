import { startTransition, useCallback, useMemo, useRef, useState } from "react";

import type { Draft } from "./draft.ts";

interface State {
  past: readonly Draft[];
  draft: Draft;
  future: readonly Draft[];
  /** Counts the changes that no text box knows of, which each shows its own. */
  revision: number;
  last: { field: string; at: number } | null;
}

export type Edit = (draft: Draft) => Draft;

type Action =
  | { do: "type"; field: string; at: number; edit: Edit }
  | { do: "change"; edit: Edit }
  /** Not to be undone, such as the progress of an upload. */
  | { do: "note"; edit: Edit }
  | { do: "undo" | "redo" };

const MOST_STEPS = 200;
/** Typing in one field is one step, until there is a pause. */
const PAUSE_MILLISECONDS = 1500;

export function reduce(state: State, action: Action): State {
  const { past, draft, future, revision, last } = state;
  if (!("edit" in action)) {
    const next = action.do === "undo" ? past.at(-1) : future[0];
    if (next === undefined) return state;
    return {
      past: action.do === "undo" ? past.slice(0, -1) : [...past, draft],
      draft: next,
      future: action.do === "undo" ? [draft, ...future] : future.slice(1),
      revision: revision + 1,
      last: null,
    };
  }
  const changed = action.edit(draft);
  if (changed === draft) return state;
  if (action.do === "note")
    return { ...state, draft: changed, past: past.map(action.edit), future: future.map(action.edit) };
  const isTyped = action.do === "type";
  const joins = isTyped && last?.field === action.field && action.at - last.at < PAUSE_MILLISECONDS;
  return {
    past: joins ? past : [...past.slice(1 - MOST_STEPS), draft],
    draft: changed,
    future: [],
    revision: isTyped ? revision : revision + 1,
    last: isTyped ? { field: action.field, at: action.at } : null,
  };
}

/**
 * The draft with its undo; what is continued counts as one edit. Typing is not urgent: the text box that is typed into
 * shows it at once, and `latest` has what was typed before the rest shows it.
 */
export function useHistory(initial: Draft, continued: Draft | null) {
  const [shown, setShown] = useState<State>({
    past: continued === null ? [] : [initial],
    draft: continued ?? initial,
    future: [],
    revision: 0,
    last: null,
  });
  const { past, draft, future, revision } = shown;
  const now = useRef(shown);
  const send = useCallback((action: Action) => {
    now.current = reduce(now.current, action);
    setShown(now.current);
  }, []);
  const type = useCallback(
    (field: string, edit: Edit) => startTransition(() => send({ do: "type", field, at: Date.now(), edit })),
    [send],
  );
  const change = useCallback((edit: Edit) => send({ do: "change", edit }), [send]);
  const note = useCallback((edit: Edit) => send({ do: "note", edit }), [send]);
  const undo = useCallback(() => send({ do: "undo" }), [send]);
  const redo = useCallback(() => send({ do: "redo" }), [send]);
  const latest = useCallback(() => now.current.draft, []);
  const isTouched = past.length + future.length > 0;
  const canUndo = past.length > 0;
  const canRedo = future.length > 0;
  return useMemo(
    () => ({ draft, latest, revision, type, change, note, undo, redo, isTouched, canUndo, canRedo }),
    [draft, latest, revision, type, change, note, undo, redo, isTouched, canUndo, canRedo],
  );
}
