import { statement } from "./sql.ts";

export interface UserRow {
  id: string;
  email: string;
  name: string;
  time_zone: string;
  is_owner: boolean;
  created_at: Date;
}

const columns = "id, email, name, time_zone, is_owner, created_at";

export const findOwner = statement<UserRow>("users.find_owner", `select ${columns} from users where is_owner`);

/** ($1 email) */
export const findUserByEmail = statement<UserRow>("users.find_by_email", `select ${columns} from users where lower(email) = lower($1)`);

/** ($1 id, $2 email, $3 name, $4 is owner): nothing where the address is taken or there is an owner already. */
export const insertUser = statement<UserRow>(
  "users.insert",
  `insert into users (id, email, name, is_owner) values ($1, $2, $3, $4) on conflict do nothing returning ${columns}`,
);

/** ($1 user): holds the user, so that what is counted of theirs stays so until the transaction ends. */
export const lockUser = statement<{ id: string }>("users.lock", `select id from users where id = $1 for no key update`);

/** ($1 user): whoever answers to the address has shown it. */
export const verifyEmail = statement<UserRow>(
  "users.verify_email",
  `update users set email_verified = true, updated_at = now() where id = $1 returning ${columns}`,
);
