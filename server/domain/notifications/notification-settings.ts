import type { Notifications } from "../../../contract/operations/notifications.ts";
import { NOTIFICATION_KINDS } from "../../../model/notifications.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { dropUnwantedNotices } from "../../db/queries/notices.ts";
import { listNotificationSettings, saveNotificationSettings } from "../../db/queries/notification-settings.ts";
import { lockUser } from "../../db/queries/users.ts";
import type { Db } from "../../db/sql.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Answer, Call, Origin } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";

type Owner = Pick<Tenant, "userId" | "mode">;
export type NotificationChanges = { [Kind in keyof Notifications]?: boolean | undefined };

/** What the user is told by email in this mode: everything in live mode and nothing in test mode, unless chosen. */
export async function getNotifications(
  { pool }: Pick<Services, "pool">,
  owner: Owner,
): Promise<Answer<{ notifications: Notifications }>> {
  return { body: { notifications: await read(pool, owner) } };
}

/** Changes the given ones and keeps the rest. What waits to be sent and is no longer wanted is not sent. */
export async function updateNotifications(
  services: Pick<Services, "pool">,
  call: Call,
  changes: NotificationChanges,
): Promise<Answer<{ notifications: Notifications }>> {
  return await write(services, call, async (tx) => {
    await changeNotifications(tx, call, call, changes);
    return { body: { notifications: await read(tx, call) } };
  });
}

/** In the transaction of `db`. What is already so is neither written nor recorded. */
export async function changeNotifications(
  db: Db,
  origin: Origin,
  { userId, mode }: Owner,
  changes: NotificationChanges,
): Promise<void> {
  // Whoever sends holds the same lock, so nothing is sent after this.
  if ((await lockUser.one(db, [userId])) === undefined) return;
  const now = await read(db, { userId, mode });
  const chosen = NOTIFICATION_KINDS.flatMap((kind) => {
    const byEmail = changes[kind];
    return byEmail === undefined || byEmail === now[kind] ? [] : [{ kind, byEmail }];
  });
  if (chosen.length === 0) return;
  await saveNotificationSettings.run(db, [
    userId,
    mode,
    chosen.map(({ kind }) => kind),
    chosen.map(({ byEmail }) => byEmail),
  ]);
  await dropUnwantedNotices.run(db, [userId, mode]);
  await recordAudit(db, origin, {
    userId,
    mode,
    action: "user.settings_changed",
    data: { notifications: Object.fromEntries(chosen.map(({ kind, byEmail }) => [kind, byEmail])) },
  });
}

async function read(db: Db, { userId, mode }: Owner): Promise<Notifications> {
  const stored = new Map(
    (await listNotificationSettings.all(db, [userId, mode])).map(({ kind, by_email }) => [kind, by_email]),
  );
  const isWanted = (kind: keyof Notifications) => stored.get(kind) ?? mode === "live";
  return {
    failed: isWanted("failed"),
    unknown: isWanted("unknown"),
    accountAccess: isWanted("accountAccess"),
    approval: isWanted("approval"),
  };
}
