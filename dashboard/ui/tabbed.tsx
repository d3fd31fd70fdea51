import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { View } from "./surfaces.tsx";
import { showCurrent } from "./tabs.ts";

/** An area of several views, each with an address of its own. */
export function Tabbed({
  title,
  tabs,
  children,
}: {
  title: string;
  tabs: readonly { to: NonNullable<LinkProps["to"]>; name: string }[];
  children: ReactNode;
}) {
  return (
    <View title={title}>
      <nav
        aria-label={title}
        ref={showCurrent}
        className="relative -mx-4 overflow-x-auto border-b px-4 sm:mx-0 sm:px-0"
      >
        <ul className="flex gap-1 sm:flex-wrap">
          {tabs.map(({ to, name }) => (
            <li key={to} className="shrink-0">
              <Link
                to={to}
                activeOptions={{ includeSearch: false }}
                className="flex min-h-11 items-center border-b-2 border-transparent px-3 text-sm font-semibold whitespace-nowrap text-dim no-underline -outline-offset-2 hover:text-ink aria-[current=page]:border-ink aria-[current=page]:text-ink"
              >
                {name}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      {children}
    </View>
  );
}
