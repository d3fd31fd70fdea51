import { useLingui } from "@lingui/react/macro";
import { DropdownMenu } from "radix-ui";

import { useRoles } from "../people/role-names.ts";
import { start } from "../start.ts";
import { menuItemClass } from "../ui/menu.ts";
import { useMode } from "./mode.ts";
import { addressOfWorkspace, workspace } from "./workspace.ts";

/** The workspaces that the person is in, if there are several. */
export function WorkspaceSwitch() {
  const { t } = useLingui();
  const mode = useMode();
  const roles = useRoles();
  if (start.workspaces.length === 1) return null;
  return (
    <DropdownMenu.Group className="border-y py-1">
      <DropdownMenu.Label className="px-3 py-1 text-xs font-semibold text-dim">{t`Workspaces`}</DropdownMenu.Label>
      {start.workspaces.map(({ id, name, role }) => (
        <DropdownMenu.Item key={id} asChild>
          <a
            href={addressOfWorkspace(id, mode)}
            aria-current={id === workspace.id ? "true" : undefined}
            className={`${menuItemClass} aria-[current=true]:font-semibold`}
          >
            <span className="block max-w-60 truncate">{name}</span>
            <span className="block text-xs text-dim">{roles[role].name}</span>
          </a>
        </DropdownMenu.Item>
      ))}
    </DropdownMenu.Group>
  );
}
