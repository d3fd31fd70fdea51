import { useLingui } from "@lingui/react/macro";

import { lastSearch } from "../calendar/last-search.ts";
import {
  ApprovalIcon,
  CalendarIcon,
  DevelopersIcon,
  HomeIcon,
  MediaIcon,
  PlatformsIcon,
  PostsIcon,
  SettingsIcon,
} from "../ui/icons.tsx";
import { useMode } from "./mode.ts";
import { mayOpen } from "./workspace.ts";

/** Where one can go with one's role, and the key that leads there after G. The calendar is as one left it. */
export function useWays() {
  const { t } = useLingui();
  const mode = useMode();
  const ways = [
    { to: "/", name: t`Home`, Icon: HomeIcon, key: "h" },
    { to: "/posts", name: t`Posts`, Icon: PostsIcon, key: "p" },
    { to: "/calendar", name: t`Calendar`, Icon: CalendarIcon, key: "d" },
    { to: "/approvals", name: t`Approvals`, Icon: ApprovalIcon, key: "a" },
    { to: "/media", name: t`Media`, Icon: MediaIcon, key: "m" },
    { to: "/platforms", name: t`Platforms`, Icon: PlatformsIcon, key: "l" },
    { to: "/developers", name: t`Developers`, Icon: DevelopersIcon, key: "v" },
    { to: "/settings", name: t`Settings`, Icon: SettingsIcon, key: "s" },
  ] as const;
  return ways
    .filter(({ to }) => mayOpen(to))
    .map((way) => ({ ...way, search: () => (way.to === "/calendar" ? lastSearch(mode) : {}) }));
}
