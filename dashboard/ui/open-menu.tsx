import { DropdownMenu } from "radix-ui";

import type { MenuProps } from "./menu-button.tsx";
import { menuClass, menuItemClass } from "./menu.ts";

/** It opens at once. */
export function OpenMenu({ label, items, className, isBusy, children }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false} defaultOpen>
      <DropdownMenu.Trigger className={className} aria-label={label} aria-busy={isBusy}>
        {children}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal container={document.getElementById("main")}>
        <DropdownMenu.Content align="end" sideOffset={6} className={menuClass}>
          {items.map(({ name, onSelect, href, isBad = false, isDisabled = false }) => (
            <DropdownMenu.Item
              key={name}
              className={`${menuItemClass} ${isBad ? "text-bad" : ""}`}
              onSelect={onSelect}
              disabled={isDisabled}
              asChild={href !== undefined}
            >
              {href === undefined ? name : <a href={href}>{name}</a>}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
