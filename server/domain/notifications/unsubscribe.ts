import { createHmac, timingSafeEqual } from "node:crypto";

import { z } from "zod";

import { NOTIFICATION_KINDS, type NotificationKind } from "../../../model/notifications.ts";
import { MODES, type Mode } from "../../../model/platform-names.ts";
import { loadAuthSecret } from "../../auth/secret.ts";
import { transaction } from "../../db/sql.ts";
import type { Origin } from "../call.ts";
import type { Services } from "../services.ts";
import { changeNotifications } from "./notification-settings.ts";

/** Emails of a kind to a user, in a mode. */
export interface Subscription {
  userId: string;
  mode: Mode;
  kind: NotificationKind;
}

/** A URL with which whoever has it turns these emails off, without signing in. It does nothing else and never expires. */
export function unsubscribeUrl(appUrl: string, secret: string, { userId, mode, kind }: Subscription): string {
  const signature = sign(secret, { userId, mode, kind }).toString("base64url");
  return `${appUrl}/unsubscribe?${new URLSearchParams({ user: userId, mode, kind, signature }).toString()}`;
}

const signed = z.object({
  user: z.string().max(200),
  mode: z.enum(MODES),
  kind: z.enum(NOTIFICATION_KINDS),
  signature: z.string().max(100),
});

/** What the query of such a URL is about; null if we did not sign it. */
export async function readUnsubscribe(
  { pool, vault }: Pick<Services, "pool" | "vault">,
  query: unknown,
): Promise<Subscription | null> {
  const { data } = signed.safeParse(query);
  if (data === undefined) return null;
  const { user: userId, mode, kind } = data;
  const [given, expected] = [
    Buffer.from(data.signature, "base64url"),
    sign(await loadAuthSecret(pool, vault), { userId, mode, kind }),
  ];
  return given.length === expected.length && timingSafeEqual(given, expected) ? { userId, mode, kind } : null;
}

/** Turns these emails off. Repeating it changes nothing. */
export async function unsubscribe(
  { pool }: Pick<Services, "pool">,
  origin: Origin,
  { userId, mode, kind }: Subscription,
): Promise<void> {
  await transaction(pool, (tx) => changeNotifications(tx, origin, { userId, mode }, { [kind]: false }));
}

function sign(secret: string, { userId, mode, kind }: Subscription): Buffer {
  return createHmac("sha256", secret).update(`unsubscribe\n${kind}\n${mode}\n${userId}`).digest();
}
