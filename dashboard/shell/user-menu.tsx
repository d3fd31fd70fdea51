import { useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { DropdownMenu } from "radix-ui";
import { useRef } from "react";

import { start } from "../start.ts";
import { menuClass, menuItemClass } from "../ui/menu.ts";
import { USER, UserLetter } from "./user-letter.tsx";
import { WorkspaceSwitch } from "./workspace-switch.tsx";

/** Who is signed in, and what is about them. It opens at once. */
export function UserMenu() {
  const { t } = useLingui();
  const { email } = start.user;
  // Not in the menu: that is gone before the form would be sent.
  const signOut = useRef<HTMLFormElement>(null);
  return (
    <DropdownMenu.Root modal={false} defaultOpen>
      <form ref={signOut} method="post" action="/sign-out" hidden />
      <DropdownMenu.Trigger className={USER} aria-label={t`Account menu`}>
        <UserLetter />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal container={document.getElementById("main")}>
        <DropdownMenu.Content align="end" sideOffset={6} className={menuClass}>
          <p className="max-w-60 truncate px-3 py-2 text-sm text-dim">{email}</p>
          <WorkspaceSwitch />
          <DropdownMenu.Item asChild>
            <a href={start.docsUrl} className={menuItemClass}>
              {t`Documentation`}
            </a>
          </DropdownMenu.Item>
          <DropdownMenu.Item asChild>
            <Link to="/settings/people" className={menuItemClass}>
              {t`People`}
            </Link>
          </DropdownMenu.Item>
          <DropdownMenu.Item className={menuItemClass} onSelect={() => signOut.current?.requestSubmit()}>
            {t`Sign out`}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
