import { useLingui } from "@lingui/react/macro";

import type { Account } from "../../contract/operations/accounts.ts";
import type { Tone } from "../ui/surfaces.tsx";

interface Health {
  tone: Tone;
  label: string;
  /** What to do; null while access renews by itself. */
  cure: string | null;
}

/** Whether an account can publish, in words. */
export function useHealth(): Record<Account["tokenHealth"], Health> {
  const { t } = useLingui();
  const again = t`Reconnect the account to publish with it again.`;
  return {
    healthy: { tone: "good", label: t`Connected`, cure: null },
    expiring: {
      tone: "warn",
      label: t`Expires soon`,
      cure: t`Reconnect the account before then to keep publishing.`,
    },
    expired: { tone: "bad", label: t`Expired`, cure: again },
    revoked: { tone: "bad", label: t`Revoked`, cure: again },
    reconnect_required: { tone: "bad", label: t`Reconnect`, cure: again },
  };
}

/** For these the stored reason already says what to do; others have the platform's own message. */
const SAYS_CURE: ReadonlySet<Account["tokenHealth"]> = new Set(["expiring", "expired"]);

/** Whether access has ended, whatever its end was to be. */
export function isLost({ tokenHealth }: Account): boolean {
  return tokenHealth === "revoked" || tokenHealth === "reconnect_required";
}

/** When access ends first; null if it renews by itself. */
export function endOf({ tokenExpiresAt, dataAccessExpiresAt }: Account): string | null {
  return [tokenExpiresAt, dataAccessExpiresAt].filter((time) => time !== null).sort()[0] ?? null;
}

/** Whether the stored reason has to be followed by what to do. */
export function needsCure({ tokenHealth, tokenHealthReason }: Account): boolean {
  return tokenHealthReason === null || !SAYS_CURE.has(tokenHealth);
}
