import { useLingui } from "@lingui/react/macro";
import { useState } from "react";

import { Checkbox } from "../ui/controls.tsx";
import { Keys } from "./keys.tsx";
import { areShortcutsOn, type Shortcut, turnShortcuts, withControl } from "./shortcuts.ts";
import { mayOpen } from "./workspace.ts";

/** All keys: those of the commands, which work everywhere, and those of the views. */
export function ShortcutList({ shortcuts }: { shortcuts: readonly Shortcut[] }) {
  const { t } = useLingui();
  const [isOn, setIsOn] = useState(areShortcutsOn);
  const mayCompose = mayOpen("/compose");
  const enter = t`Enter`;
  return (
    <>
      <List
        keys={[
          [t`Search and commands`, [withControl("K")]],
          ...shortcuts.map(({ name, keys }) => [name, keys] as const),
        ]}
      />
      {mayCompose && (
        <List
          title={t`Composer`}
          keys={[
            [t`Save or schedule`, [withControl(enter), withControl("S")]],
            [t`Undo`, [withControl("Z")]],
            [t`Redo`, [withControl("⇧Z")]],
          ]}
        />
      )}
      <List
        title={t`Calendar`}
        keys={[
          [t`Choose a day or an hour`, ["←", "↑", "↓", "→"]],
          [t`Go backward or forward`, [t`Page Up`, t`Page Down`]],
          [t`Today`, ["t"]],
          [t`Open the day`, [enter]],
          ...(mayCompose ? [[t`New post on that day`, ["n"]] as const] : []),
          [t`Pick up or drop a scheduled post`, [t`Space`]],
        ]}
      />
      <Checkbox
        label={t`Use shortcuts of single keys`}
        hint={t`Turn this off if they get in the way of speech input.`}
        checked={isOn}
        onChange={({ target: { checked } }) => {
          turnShortcuts(checked);
          setIsOn(checked);
        }}
      />
    </>
  );
}

function List({
  title,
  keys,
}: {
  title?: string;
  keys: readonly (readonly [name: string, keys: readonly string[]])[];
}) {
  return (
    <>
      {title !== undefined && <h3 className="text-sm font-semibold">{title}</h3>}
      <dl className="mb-4 divide-y">
        {keys.map(([name, each]) => (
          <div key={name} className="flex items-center justify-between gap-4 py-2 text-sm">
            <dt>{name}</dt>
            <dd>
              <Keys keys={each} />
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}
