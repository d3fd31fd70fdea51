import { type ReactNode, Suspense, useState } from "react";

import { later } from "./later.ts";

/** Menus are large, so they come once one is wanted. */
const OpenMenu = later(async () => (await import("./open-menu.tsx")).OpenMenu);

export interface MenuItem {
  name: string;
  onSelect?: () => void;
  /** Where it leads instead, outside of the app. */
  href?: string;
  isBad?: boolean;
  isDisabled?: boolean;
}

export interface MenuProps {
  label: string;
  items: readonly MenuItem[];
  className: string;
  isBusy?: boolean;
  children: ReactNode;
}

/** A button with a menu behind it. */
export function MenuButton(props: MenuProps) {
  const [isWanted, setWanted] = useState(false);
  const closed = (
    <button
      type="button"
      className={props.className}
      aria-label={props.label}
      aria-haspopup="menu"
      aria-expanded={false}
      aria-busy={props.isBusy}
      onPointerEnter={() => OpenMenu.preload()}
      onFocus={() => OpenMenu.preload()}
      onClick={() => setWanted(true)}
    >
      {props.children}
    </button>
  );
  return isWanted ? (
    <Suspense fallback={closed}>
      <OpenMenu {...props} />
    </Suspense>
  ) : (
    closed
  );
}
