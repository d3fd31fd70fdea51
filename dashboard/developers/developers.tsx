import { useLingui } from "@lingui/react/macro";
import { Navigate } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { mayOpen } from "../shell/workspace.ts";
import { Tabbed } from "../ui/tabbed.tsx";

/** What programs need: keys, webhooks, and what they did. */
export function Developers({ children }: { children: ReactNode }) {
  const { t } = useLingui();
  return (
    <Tabbed title={t`Developers`} tabs={useTabs()}>
      {children}
    </Tabbed>
  );
}

/** Those that one's role can open. */
function useTabs() {
  const { t } = useLingui();
  const tabs = [
    { to: "/developers/keys", name: t`API keys` },
    { to: "/developers/webhooks", name: t`Webhooks` },
    { to: "/developers/requests", name: t`Requests` },
    { to: "/developers/sandbox", name: t`Sandbox` },
    { to: "/developers/mcp", name: t`MCP` },
  ] as const;
  return tabs.filter(({ to }) => mayOpen(to));
}

/** What "/developers" leads to. */
export function FirstView() {
  return <Navigate to={useTabs()[0]?.to ?? "/"} replace />;
}
