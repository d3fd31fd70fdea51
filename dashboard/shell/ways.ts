import { useLingui } from "@lingui/react/macro";

import { ApprovalIcon, DevelopersIcon, HomeIcon, PlatformsIcon, PostsIcon, SettingsIcon } from "../ui/icons.tsx";

/** Where one can go, and the key that leads there after G. */
export function useWays() {
  const { t } = useLingui();
  return [
    { to: "/", name: t`Home`, Icon: HomeIcon, key: "h" },
    { to: "/posts", name: t`Posts`, Icon: PostsIcon, key: "p" },
    { href: "/approvals", name: t`Approvals`, Icon: ApprovalIcon, key: "a" },
    { href: "/connections", name: t`Connections`, Icon: PlatformsIcon, key: "c" },
    { href: "/keys", name: t`API keys`, Icon: DevelopersIcon, key: "k" },
    { href: "/settings", name: t`Settings`, Icon: SettingsIcon, key: "s" },
  ] as const;
}
