import { useLingui } from "@lingui/react/macro";

import type { Role } from "../../model/roles.ts";

/** What roles are called, and what they allow. */
export function useRoles(): Record<Role, { name: string; can: string }> {
  const { t } = useLingui();
  return {
    viewer: { name: t`Viewer`, can: t`Sees posts, media and accounts.` },
    writer: { name: t`Writer`, can: t`Writes posts. They wait until a publisher approves them.` },
    publisher: { name: t`Publisher`, can: t`Writes, approves and publishes posts, and connects accounts.` },
    owner: { name: t`Owner`, can: t`Can do everything.` },
  };
}
