import { statement } from "./sql.ts";

export interface InviteRow {
  id: string;
  email: string;
  created_at: Date;
  expires_at: Date;
}

const columns = "id, email, created_at, expires_at";

/** ($1 id, $2 email, $3 digest of its token, $4 owner, $5 days): an earlier one of the address is replaced. */
export const saveInvite = statement<InviteRow>(
  "invites.save",
  `insert into invites (id, email, token_digest, invited_by, expires_at) values ($1, $2, $3, $4, now() + make_interval(days => $5))
   on conflict (email) do update set id = excluded.id, token_digest = excluded.token_digest, invited_by = excluded.invited_by, created_at = now(), expires_at = excluded.expires_at
   returning ${columns}`,
);

/** ($1 owner): those that are open, the newest first. */
export const listInvites = statement<InviteRow>(
  "invites.list",
  `select ${columns} from invites where invited_by = $1 and expires_at > now() order by created_at desc, id desc`,
);

/** ($1 id, $2 owner) */
export const deleteInvite = statement("invites.delete", `delete from invites where id = $1 and invited_by = $2`);

/** ($1 digest of its token) */
export const findInvite = statement<InviteRow>(
  "invites.find",
  `select ${columns} from invites where token_digest = $1 and expires_at > now()`,
);

/** ($1 digest of its token): takes it, so that nobody takes it again. */
export const takeInvite = statement<InviteRow>(
  "invites.take",
  `delete from invites where token_digest = $1 and expires_at > now() returning ${columns}`,
);
