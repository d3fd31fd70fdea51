import { statement } from "../sql.ts";

/** The user's password from now on. */
export const savePassword = statement<never, [id: string, userId: string, scryptHash: string]>(
  "sign_in_methods.save_password",
  `insert into sign_in_methods (id, user_id, provider, subject, password_hash) values ($1, $2, 'credential', $2, $3)
   on conflict (provider, subject) do update set password_hash = excluded.password_hash, updated_at = now()`,
);

/** The owner of an address, and a value that changes with their password, for a browser to remember. */
export const findPasswordMark = statement<{ user_id: string; mark: string }, [email: string]>(
  "sign_in_methods.find_password_mark",
  `select u.id as user_id, left(encode(sha256(coalesce(m.password_hash, '')::bytea), 'hex'), 32) as mark
   from users u left join sign_in_methods m on m.user_id = u.id and m.provider = 'credential'
   where lower(u.email) = lower($1)`,
);

export const findPasskeyName = statement<{ name: string | null }, [id: string, userId: string | null]>(
  "passkeys.find_name",
  `select name from passkeys where id = $1 and user_id = $2`,
);

export const countPasskeys = statement<{ count: number }, [userId: string | null]>(
  "passkeys.count",
  `select count(*)::int as count from passkeys where user_id = $1`,
);

export const findTotpSecret = statement<{ id: string; secret: string }, [userId: string]>(
  "two_factors.find_secret",
  `select id, secret_encrypted as secret from two_factors where user_id = $1`,
);

/** Changes nothing if a code of this step or a later one has been used. */
export const takeTotpStep = statement<never, [id: string, step: number]>(
  "two_factors.take_step",
  `update two_factors set last_used_step = $2 where id = $1 and coalesce(last_used_step, 0) < $2`,
);
