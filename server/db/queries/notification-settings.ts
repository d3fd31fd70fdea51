import type { NotificationKind } from "../../../model/notifications.ts";
import type { Mode } from "../../../model/platform-names.ts";
import { statement } from "../sql.ts";

/** Whether a user wants emails of this kind: SQL for each. */
export function isWanted(user: string, mode: string, kind: string): string {
  return `coalesce((select s.by_email from notification_settings s
     where s.user_id = ${user} and s.mode = ${mode} and s.kind = ${kind}), ${mode} = 'live')`;
}

export const listNotificationSettings = statement<
  { kind: NotificationKind; by_email: boolean },
  [userId: string, mode: Mode]
>("notification_settings.list", `select kind, by_email from notification_settings where user_id = $1 and mode = $2`);

export const saveNotificationSettings = statement<
  never,
  [userId: string, mode: Mode, kinds: readonly NotificationKind[], byEmail: readonly boolean[]]
>(
  "notification_settings.save",
  `insert into notification_settings (user_id, mode, kind, by_email)
   select $1, $2, kind, by_email from unnest($3::text[], $4::boolean[]) as given (kind, by_email)
   on conflict (user_id, mode, kind) do update set by_email = excluded.by_email`,
);
