import { type Statement, statement } from "./sql.ts";

/** A page of an export: the object as it is written out, and what the next page begins after. */
export interface ExportedRow {
  after: string;
  item: unknown;
}

/** ($1 user, $2 after, $3 limit). */
type ExportPage = Statement<ExportedRow>;

/** All that is kept of a user, by the name it has in an export. Secrets, and what stands for them, are left out. */
export const exportPages: Readonly<Record<string, ExportPage>> = {
  signInMethods: page("sign_in_methods", "m.id", "'id', m.id, 'provider', m.provider, 'createdAt', m.created_at, 'updatedAt', m.updated_at", "sign_in_methods m"),
  passkeys: page("passkeys", "p.id", "'id', p.id, 'name', p.name, 'deviceType', p.device_type, 'backedUp', p.backed_up, 'createdAt', p.created_at", "passkeys p"),
  sessions: page("sessions", "s.id", "'id', s.id, 'address', s.address, 'userAgent', s.user_agent, 'createdAt', s.created_at, 'expiresAt', s.expires_at", "sessions s"),
  apiKeys: page("api_keys", "k.id", "'id', k.id, 'mode', k.mode, 'name', k.name, 'prefix', k.prefix, 'policies', k.policies, 'createdAt', k.created_at, 'lastUsedAt', k.last_used_at, 'expiresAt', k.expires_at, 'revokedAt', k.revoked_at", "api_keys k"),
  platformSets: page("platform_sets", "s.id", "'id', s.id, 'mode', s.mode, 'name', s.name, 'isDefault', s.is_default, 'createdAt', s.created_at, 'updatedAt', s.updated_at", "platform_sets s"),
  accounts: page(
    "accounts",
    "a.id",
    `'id', a.id, 'mode', a.mode, 'platformSetId', a.platform_set_id, 'platform', a.platform, 'platformAccountId', a.platform_account_id, 'username', a.username, 'displayName', a.display_name,
     'avatarUrl', a.avatar_url, 'status', a.status, 'scopes', a.scopes, 'tokenHealth', a.token_health, 'platformMetadata', a.platform_metadata, 'connectedAt', a.connected_at`,
    "accounts a",
  ),
  posts: page(
    "posts",
    "p.id",
    `'id', p.id, 'mode', p.mode, 'platformSetId', p.platform_set_id, 'status', p.status, 'content', p.content, 'platforms', p.platforms, 'scheduledFor', p.scheduled_for,
     'createdAt', p.created_at, 'updatedAt', p.updated_at, 'publishedAt', p.published_at, 'platformPosts', (
       select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'platform', t.platform, 'accountId', t.account_id, 'status', t.status, 'platformPostId', t.platform_post_id, 'publishedUrl', t.published_url,
         'publishedAt', t.published_at, 'attemptCount', t.attempt_count, 'error', t.error, 'warnings', t.warnings) order by t.position), '[]') from platform_posts t where t.post_id = p.id)`,
    "posts p",
  ),
  media: page("media", "m.id", "'id', m.id, 'mode', m.mode, 'status', m.status, 'sourceUrl', m.source_url, 'filename', m.filename, 'facts', m.facts, 'sizeBytes', m.size_bytes, 'createdAt', m.created_at", "media m"),
  auditEvents: page("audit_events", "e.id", "'id', e.id, 'mode', e.mode, 'actor', jsonb_build_object('kind', e.actor_kind, 'id', e.actor_id), 'action', e.action, 'target', e.target, 'data', e.data, 'address', e.address, 'requestId', e.request_id, 'createdAt', e.created_at", "audit_events e"),
};

function page(name: string, id: string, members: string, from: string): ExportPage {
  return statement<ExportedRow>(`${name}.export`, `select ${id}::text as after, jsonb_build_object(${members}) as item from ${from} where user_id = $1 and ($2::text = '' or ${id} > $2::${name === "passkeys" ? "text" : "uuid"}) order by ${id} limit $3`);
}

/** ($1 user): where the user's bytes are, renditions' included. */
export const listStorageKeys = statement<{ storage_key: string }>("media.list_storage_keys", `select storage_key from media where user_id = $1 and storage_key is not null`);

/** ($1 user): counts have no reference to the user's row, which creates would wait for. */
export const deletePostCounts = statement("post_counts.delete_of_user", `delete from post_counts where user_id = $1`);

/** A user with years of posts takes longer to delete than any other statement may. */
export const allowLongStatements = statement("users.allow_long_delete", `select set_config('statement_timeout', '600s', true)`);
