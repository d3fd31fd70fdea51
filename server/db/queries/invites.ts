import { statement } from "../sql.ts";

export interface InviteRow {
  id: string;
  email: string;
  created_at: Date;
  expires_at: Date;
}

const columns = "id, email, created_at, expires_at";

/** Replaces an earlier one for the address. */
export const saveInvite = statement<
  InviteRow,
  [id: string, email: string, tokenDigest: string, owner: string, days: number]
>(
  "invites.save",
  `insert into invites (id, email, token_digest, invited_by, expires_at)
   values ($1, $2, $3, $4, now() + make_interval(days => $5))
   on conflict (email) do update set id = excluded.id, token_digest = excluded.token_digest,
     invited_by = excluded.invited_by, created_at = now(), expires_at = excluded.expires_at
   returning ${columns}`,
);

/** Those that are open, the newest first. */
export const listInvites = statement<InviteRow, [owner: string]>(
  "invites.list",
  `select ${columns} from invites where invited_by = $1 and expires_at > now() order by created_at desc, id desc`,
);

export const deleteInvite = statement<InviteRow, [id: string, owner: string]>(
  "invites.delete",
  `delete from invites where id = $1 and invited_by = $2 returning ${columns}`,
);

export const findInvite = statement<InviteRow, [tokenDigest: string]>(
  "invites.find",
  `select ${columns} from invites where token_digest = $1 and expires_at > now()`,
);

/** Takes it, so that nobody takes it again. */
export const takeInvite = statement<InviteRow, [tokenDigest: string]>(
  "invites.take",
  `delete from invites where token_digest = $1 and expires_at > now() returning ${columns}`,
);
