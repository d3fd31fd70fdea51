import { statement } from "./sql.ts";

/** ($1 id, $2 user, $3 scrypt hash): the user's password from now on. */
export const savePassword = statement(
  "sign_in_methods.save_password",
  `insert into sign_in_methods (id, user_id, provider, subject, password_hash) values ($1, $2, 'credential', $2, $3)
   on conflict (provider, subject) do update set password_hash = excluded.password_hash, updated_at = now()`,
);
