import { statement } from "../sql.ts";

export interface UserRow {
  id: string;
  /** Null of users that an operator made without one. */
  email: string | null;
  name: string;
  time_zone: string;
  is_owner: boolean;
  created_at: Date;
  email_verified: boolean;
  two_factor_enabled: boolean;
}

const columns = "id, email, name, time_zone, is_owner, created_at, email_verified, two_factor_enabled";

export const findOwner = statement<UserRow, []>("users.find_owner", `select ${columns} from users where is_owner`);

export const findUserByEmail = statement<UserRow & { email: string }, [email: string]>(
  "users.find_by_email",
  `select ${columns} from users where lower(email) = lower($1)`,
);

/**
 * Locks the user, so that their counts stay the same until the transaction ends. And the highest thresholds of quotas
 * that the user was notified of.
 */
export const lockUser = statement<
  { id: string; scheduled_notified: number; storage_notified: number },
  [userId: string]
>("users.lock", `select id, scheduled_notified, storage_notified from users where id = $1 for no key update`);

/** A response to the address has confirmed it. */
export const verifyEmail = statement<UserRow, [userId: string]>(
  "users.verify_email",
  `update users set email_verified = true, updated_at = now() where id = $1 returning ${columns}`,
);

/** No row if the address is taken or there is already an owner. */
export const insertUser = statement<
  UserRow & { email: string },
  [id: string, email: string, name: string, isOwner: boolean, emailIsVerified: boolean]
>(
  "users.insert",
  `insert into users (id, email, name, is_owner, email_verified) values ($1, $2, $3, $4, $5) on conflict do nothing
   returning ${columns}`,
);

/** Completes the owner that the instance created for itself. */
export const adoptOwner = statement<UserRow, [userId: string, email: string, name: string]>(
  "users.adopt_owner",
  `update users set email = $2, name = $3, email_verified = true, updated_at = now() where id = $1 and is_owner
   returning ${columns}`,
);

/** Whether an owner of the instance has a way to sign in. */
export const findOwnerWhoCanSignIn = statement<{ id: string }, []>(
  "users.find_owner_who_can_sign_in",
  `select u.id from users u where u.is_owner and (
     exists (select from sign_in_methods m where m.user_id = u.id and m.password_hash is not null)
       or exists (select from passkeys p where p.user_id = u.id))`,
);

export const findMe = statement<UserRow & { has_password: boolean }, [userId: string]>(
  "users.find_me",
  `select ${columns}, exists (
     select from sign_in_methods m where m.user_id = users.id and m.password_hash is not null) as has_password
   from users where id = $1`,
);

/**
 * The user's time zone, and whether they ever chose one. Read at once: a choice that is made meanwhile is in both or in
 * neither.
 */
export const findTimeZone = statement<{ time_zone: string; is_chosen: boolean }, [userId: string]>(
  "users.find_time_zone",
  `select u.time_zone, exists (
     select from audit_events a
     where a.user_id = u.id and a.action = 'user.settings_changed' and a.data ? 'timeZone') as is_chosen
   from users u where u.id = $1`,
);

/** Null keeps it. */
export const updateMe = statement<never, [userId: string, name: string | null, timeZone: string | null]>(
  "users.update_me",
  `update users set name = coalesce($2, name), time_zone = coalesce($3, time_zone), updated_at = now() where id = $1`,
);

/** Until the transaction ends, nobody else counts users for their limit. */
export const lockUserCount = statement<never, []>(
  "users.lock_count",
  `select pg_advisory_xact_lock(hashtext('ampost users'))`,
);

/** Without tenants. */
export const countUsers = statement<{ count: number }, []>(
  "users.count",
  `select count(*)::int as count from users where not made_by_operator`,
);

/** Users who signed up and never confirmed their address, oldest first: they could never sign in, and have no keys. */
export const deleteUnconfirmed = statement<never, [days: number, limit: number]>(
  "users.delete_unconfirmed",
  `delete from users where id in (
     select u.id from users u where not u.email_verified and not u.is_owner and not u.made_by_operator
       and u.created_at < now() - make_interval(days => $1)
       and exists (select from sign_in_methods m where m.user_id = u.id)
       and not exists (select from sessions s where s.user_id = u.id)
       and not exists (select from api_keys k where k.user_id = u.id)
     order by u.created_at limit $2 for update skip locked)`,
);

/** The user's row, and with it all that refers to it. */
export const deleteUser = statement<never, [userId: string]>("users.delete", `delete from users where id = $1`);
