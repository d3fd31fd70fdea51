import { createContext, useContext } from "react";

import type { Account } from "../../contract/operations/accounts.ts";
import type { Capabilities } from "../../model/capabilities.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import type { Counts } from "./counts.ts";
import type { Draft } from "./draft.ts";
import type { CutTo } from "./fixes.ts";
import type { Edit } from "./history.ts";
import type { Finding, Tab } from "./issues.ts";
import type { SettingField } from "./schema.ts";

/** What the API says of a platform, as the composer needs it. */
export interface Described {
  name: PlatformName;
  capabilities: Capabilities;
  fields: readonly SettingField[];
}

/** What all panels share and what changes seldom. */
export interface Composer {
  /** Another one each time that a composer is opened. */
  id: string;
  described: ReadonlyMap<PlatformName, Described>;
  /** The account of the draft's platform set. */
  accountOf: (platform: PlatformName) => Account | undefined;
  /** One edit that can be undone. */
  change: (edit: Edit) => void;
  /** A key in a field: several are one edit. */
  type: (field: string, edit: Edit) => void;
  note: (edit: Edit) => void;
  /** The draft with what was typed just now. */
  latest: () => Draft;
  show: (tab: Tab) => void;
  /** Undefined until it is loaded. */
  cutTo: CutTo | undefined;
}

export const ComposerContext = createContext<Composer | null>(null);

export function useComposer(): Composer {
  const composer = useContext(ComposerContext);
  if (composer === null) throw new Error("There is no composer around this");
  return composer;
}

export const FindingsContext = createContext<readonly Finding[]>([]);
export const CountsContext = createContext<Counts>([]);
/** See `History.revision`. */
export const RevisionContext = createContext(0);
export const DraftContext = createContext<Draft | null>(null);
