import { useLingui } from "@lingui/react/macro";
import { Navigate } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { Tabbed } from "../ui/tabbed.tsx";

/** What programs need: keys, webhooks, and what they did. */
export function Developers({ children }: { children: ReactNode }) {
  const { t } = useLingui();
  return (
    <Tabbed
      title={t`Developers`}
      tabs={[
        { to: "/developers/keys", name: t`API keys` },
        { to: "/developers/webhooks", name: t`Webhooks` },
        { to: "/developers/requests", name: t`Requests` },
        { to: "/developers/sandbox", name: t`Sandbox` },
        { to: "/developers/mcp", name: t`MCP` },
      ]}
    >
      {children}
    </Tabbed>
  );
}

export function FirstView() {
  return <Navigate to="/developers/keys" replace />;
}
