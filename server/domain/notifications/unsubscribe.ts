import { createHmac, timingSafeEqual } from "node:crypto";

import { z } from "zod";

import { NOTIFICATION_KINDS, type NotificationKind } from "../../../model/notifications.ts";
import { MODES } from "../../../model/platform-names.ts";
import { loadAuthSecret } from "../../auth/secret.ts";
import { transaction } from "../../db/sql.ts";
import type { Origin } from "../call.ts";
import type { Services } from "../services.ts";
import { changeNotifications, type Recipient } from "./notification-settings.ts";

/** Emails of a kind to a person about a workspace, in a mode. */
export interface Subscription extends Recipient {
  kind: NotificationKind;
}

/** A URL with which whoever has it turns these emails off, without signing in. It does nothing else and never expires. */
export function unsubscribeUrl(appUrl: string, secret: string, subscription: Subscription): string {
  const { userId, personId, mode, kind } = subscription;
  const whose = { user: userId, ...(personId === userId ? {} : { member: personId }) };
  const signature = sign(secret, subscription).toString("base64url");
  return `${appUrl}/unsubscribe?${new URLSearchParams([...Object.entries(whose), ...Object.entries({ mode, kind, signature })]).toString()}`;
}

const signed = z.object({
  user: z.string().max(200),
  member: z.string().max(200).optional(),
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
  const { user: userId, member: personId = userId, mode, kind } = data;
  const subscription = { userId, personId, mode, kind };
  const [given, expected] = [
    Buffer.from(data.signature, "base64url"),
    sign(await loadAuthSecret(pool, vault), subscription),
  ];
  return given.length === expected.length && timingSafeEqual(given, expected) ? subscription : null;
}

/** Turns these emails off. Repeating it changes nothing. */
export async function unsubscribe(
  { pool }: Pick<Services, "pool">,
  origin: Origin,
  { kind, ...recipient }: Subscription,
): Promise<void> {
  await transaction(pool, (tx) => changeNotifications(tx, origin, recipient, { [kind]: false }));
}

function sign(secret: string, { userId, personId, mode, kind }: Subscription): Buffer {
  const whose = personId === userId ? userId : `${userId}\n${personId}`;
  return createHmac("sha256", secret).update(`unsubscribe\n${kind}\n${mode}\n${whose}`).digest();
}
