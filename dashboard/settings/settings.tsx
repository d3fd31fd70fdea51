import { useLingui } from "@lingui/react/macro";
import { Navigate } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { mayOpen } from "../shell/workspace.ts";
import { Tabbed } from "../ui/tabbed.tsx";

/** What belongs to the person and their account. */
export function Settings({ children }: { children: ReactNode }) {
  const { t } = useLingui();
  const tabs = [
    { to: "/settings/profile", name: t`Profile` },
    { to: "/settings/security", name: t`Security` },
    { to: "/settings/people", name: t`People` },
    { to: "/settings/notifications", name: t`Notifications` },
    { to: "/settings/plan", name: t`Plan and usage` },
    { to: "/settings/data", name: t`Data` },
    { to: "/settings/audit-log", name: t`Audit log` },
  ] as const;
  return (
    <Tabbed title={t`Settings`} tabs={tabs.filter(({ to }) => mayOpen(to))}>
      {children}
    </Tabbed>
  );
}

/** What "/settings" leads to. */
export function FirstSection() {
  return <Navigate to="/settings/profile" replace />;
}
