import type { Notifications } from "../../../contract/operations/notifications.ts";
import { NOTIFICATION_KINDS, type NotificationKind } from "../../../model/notifications.ts";
import type { Tenant } from "../../../model/tenant.ts";
import {
  listNotificationSettings,
  saveMemberNotificationSettings,
  saveNotificationSettings,
} from "../../db/queries/notification-settings.ts";
import { lockUser } from "../../db/queries/users.ts";
import type { Db } from "../../db/sql.ts";
import { recordAudit } from "../audit/record-audit.ts";
import { type Answer, type Call, type Origin, personOf } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { rejectField } from "../users/reject-field.ts";

/** A person in a workspace: its owner, whose ID is `userId`, or a member. */
export interface Recipient extends Pick<Tenant, "userId" | "mode"> {
  personId: string;
}
export type NotificationChanges = { [Kind in NotificationKind]?: boolean | undefined };

/** What the person is told by email about the workspace in this mode; at first, nothing in test mode. */
export async function getNotifications(
  { pool }: Pick<Services, "pool">,
  call: Pick<Call, "userId" | "mode" | "actor">,
): Promise<Answer<{ notifications: Notifications }>> {
  return { body: { notifications: toNotifications(await read(pool, recipientOf(call))) } };
}

/**
 * Changes the given ones and keeps the rest. What waits to be sent and is no longer wanted is not sent. Throws
 * VALIDATION_FAILED if the person's role cannot get one.
 */
export async function updateNotifications(
  services: Pick<Services, "pool">,
  call: Call,
  changes: NotificationChanges,
): Promise<Answer<{ notifications: Notifications }>> {
  return await write(services, call, async (tx) => {
    const recipient = recipientOf(call);
    const known = await read(tx, recipient);
    const foreign = NOTIFICATION_KINDS.find((kind) => changes[kind] !== undefined && !known.has(kind));
    if (foreign !== undefined)
      throw rejectField(
        "notifications.role",
        `/${foreign}`,
        `Your role in this workspace gets no emails of the kind ${foreign}`,
        "Leave it out.",
      );
    await changeNotifications(tx, call, recipient, changes);
    return { body: { notifications: toNotifications(await read(tx, recipient)) } };
  });
}

/**
 * In the transaction of `db`. What is already so, or not for the person's role, is neither written nor recorded. It is
 * the person's choice, so it is in their audit log.
 */
export async function changeNotifications(
  db: Db,
  { actor: { kind: by, id }, ...origin }: Origin,
  recipient: Recipient,
  changes: NotificationChanges,
): Promise<void> {
  const { userId, mode, personId } = recipient;
  // Whoever sends holds the same lock, so nothing is sent after this.
  if ((await lockUser.one(db, [userId])) === undefined) return;
  const now = await read(db, recipient);
  const chosen = NOTIFICATION_KINDS.flatMap((kind) => {
    const byEmail = changes[kind];
    return byEmail === undefined || !now.has(kind) || byEmail === now.get(kind) ? [] : [{ kind, byEmail }];
  });
  if (chosen.length === 0) return;
  const [kinds, byEmail] = [chosen.map(({ kind }) => kind), chosen.map((each) => each.byEmail)];
  const isOwner = personId === userId;
  if (isOwner) await saveNotificationSettings.run(db, [userId, mode, kinds, byEmail]);
  else await saveMemberNotificationSettings.run(db, [userId, mode, kinds, byEmail, personId]);
  await recordAudit(
    db,
    { ...origin, actor: { kind: by, id } },
    {
      userId: personId,
      mode,
      action: "user.settings_changed",
      data: {
        notifications: Object.fromEntries(chosen.map((each) => [each.kind, each.byEmail])),
        ...(isOwner ? {} : { workspace: userId }),
      },
    },
  );
}

function recipientOf(call: Pick<Call, "userId" | "mode" | "actor">): Recipient {
  return { userId: call.userId, mode: call.mode, personId: personOf(call) };
}

/** The kinds that the person's role can get, and whether they want each. */
async function read(db: Db, { userId, mode, personId }: Recipient): Promise<Map<NotificationKind, boolean>> {
  const rows = await listNotificationSettings.all(db, [userId, mode, personId]);
  return new Map(rows.map(({ kind, is_wanted }) => [kind, is_wanted]));
}

function toNotifications(known: ReadonlyMap<NotificationKind, boolean>): Notifications {
  const isOn = (kind: NotificationKind) => known.get(kind) ?? false;
  return {
    failed: isOn("failed"),
    unknown: isOn("unknown"),
    accountAccess: isOn("accountAccess"),
    approval: isOn("approval"),
    decided: isOn("decided"),
  };
}
