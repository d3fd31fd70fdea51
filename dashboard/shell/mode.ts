import { useSearch } from "@tanstack/react-router";

import { MODES, type Mode } from "../../model/platform-names.ts";

const STORED = "ampost.mode";

/** The mode in the address. */
export function useMode(): Mode {
  return useSearch({ from: "__root__" }).mode;
}

/** The mode of an address: what it names, or the last one used. Test comes first. */
export function modeOf(search: { mode?: unknown }): Mode {
  const mode =
    MODES.find((each) => each === search.mode) ?? MODES.find((each) => each === localStorage.getItem(STORED));
  return mode ?? "test";
}

/** The same view in another mode: without the objects that it names, which are in one mode only. */
export function inMode(mode: Mode) {
  return <Search extends object>(search: Search) => ({ ...search, ...NO_OBJECTS, mode });
}

const NO_OBJECTS = {
  set: undefined,
  key: undefined,
  open: undefined,
  cursor: undefined,
  connected: undefined,
};

export function rememberMode(mode: Mode): void {
  localStorage.setItem(STORED, mode);
}
