import { NOTIFICATION_KINDS, type NotificationKind, NOTIFIED } from "../../../model/notifications.ts";
import type { Mode } from "../../../model/platform-names.ts";
import { statement } from "../sql.ts";

const kindsOfRoles = NOTIFICATION_KINDS.flatMap((kind) =>
  Object.entries(NOTIFIED[kind]).map(([role, isOn]) => `('${kind}', '${role}', ${isOn})`),
).join(", ");

/**
 * The people of a workspace now, with each kind of emails that their role can get and whether they want it in this mode:
 * SQL for a table. `member_id` is the membership; null for the owner. Nobody is a member while either is suspended. Its
 * aliases are long, so that none hides one in `user` or `mode`.
 */
export function peopleOf(user: string, mode: string): string {
  return `(
     select person.person_id, person.member_id, role.kind,
       coalesce(of_member.by_email, of_owner.by_email, role.is_on and ${mode} = 'live') as is_wanted
     from (
         select owner.id as person_id, null::uuid as member_id, 'owner' as role from users owner where owner.id = ${user}
         union all
         select member.member_id, member.id, member.role from members member
           join users owner on owner.id = member.user_id and owner.suspended_at is null
           join users themself on themself.id = member.member_id and themself.suspended_at is null
         where member.user_id = ${user}
       ) person
       join (values ${kindsOfRoles}) as role(kind, role, is_on) on role.role = person.role
       left join member_notification_settings of_member on of_member.member_id = person.member_id
         and of_member.user_id = ${user} and of_member.mode = ${mode} and of_member.kind = role.kind
       left join notification_settings of_owner on person.member_id is null
         and of_owner.user_id = ${user} and of_owner.mode = ${mode} and of_owner.kind = role.kind
   )`;
}

/** Nobody is told of their own act, and some things are for one member only: SQL for each, of which any may be null. */
export function isFor(person: string, actor: string, member: string): string {
  return `${person}.person_id is distinct from ${actor} and (${member} is null or ${person}.member_id = ${member})`;
}

/** Whether anybody in the workspace wants to be told by email. */
export function isWanted(
  user: string,
  mode: string,
  kind: string,
  { actor = "null", member = "null" }: { actor?: string; member?: string } = {},
): string {
  return `exists (select from ${peopleOf(user, mode)} r
     where r.kind = ${kind} and r.is_wanted and ${isFor("r", actor, member)})`;
}

/** The kinds that the person can get in the workspace: none if they are not in it. */
export const listNotificationSettings = statement<
  { kind: NotificationKind; is_wanted: boolean },
  [userId: string, mode: Mode, personId: string]
>("notification_settings.list", `select r.kind, r.is_wanted from ${peopleOf("$1", "$2")} r where r.person_id = $3`);

type Choices = [userId: string, mode: Mode, kinds: readonly NotificationKind[], byEmail: readonly boolean[]];

/** Of the workspace's owner. */
export const saveNotificationSettings = statement<never, Choices>(
  "notification_settings.save",
  `insert into notification_settings (user_id, mode, kind, by_email)
   select $1, $2, kind, by_email from unnest($3::text[], $4::boolean[]) as given (kind, by_email)
   on conflict (user_id, mode, kind) do update set by_email = excluded.by_email`,
);

export const saveMemberNotificationSettings = statement<never, [...Choices, personId: string]>(
  "member_notification_settings.save",
  `insert into member_notification_settings (user_id, member_id, mode, kind, by_email)
   select m.user_id, m.id, $2, kind, by_email from members m, unnest($3::text[], $4::boolean[]) as given (kind, by_email)
   where m.user_id = $1 and m.member_id = $5
   on conflict (member_id, mode, kind) do update set by_email = excluded.by_email`,
);
