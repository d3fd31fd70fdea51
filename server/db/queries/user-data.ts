import { type Statement, statement } from "../sql.ts";

/** An object as it is exported. */
export type ExportedRow = Record<string, unknown> & { id: string };

/** `after` is the last id of the page before, or "". */
type ExportParams = [userId: string, after: string, limit: number];
type ExportPage = Statement<ExportedRow, ExportParams>;

/** A post's outcome on each platform. */
const PLATFORM_POSTS = `, (
  select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'platform', t.platform, 'accountId', t.account_id,
    'status', t.status, 'platformPostId', t.platform_post_id, 'publishedUrl', t.published_url, 'parts', t.parts,
    'publishedAt', to_char(t.published_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'attemptCount', t.attempt_count, 'error', t.error, 'warnings', t.warnings) order by t.position), '[]')
  from platform_posts t where t.post_id = posts.id) as "platformPosts"`;

const KEEP_UNTIL = `, case when keep_until = 'infinity' then 'forever'
    else to_char(keep_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end as "keepUntil"`;

/** Everything stored about a user, by its name in an export. Secrets and their substitutes are omitted. */
export const exportPages: Readonly<Record<string, ExportPage>> = {
  signInMethods: page("sign_in_methods", "id provider created_at updated_at"),
  passkeys: page("passkeys", "id name device_type backed_up created_at", { idType: "text" }),
  sessions: page("sessions", "id address user_agent created_at expires_at"),
  members: page("members", "id member_id role created_at"),
  memberInvites: page("member_invites", "id email role created_at expires_at"),
  apiKeys: page(
    "api_keys",
    "id mode name prefix client_id policies created_at last_used_at expires_at revoked_at replaced_by",
  ),
  platformSets: page("platform_sets", "id mode name is_default posting_times created_at updated_at"),
  accounts: page(
    "accounts",
    "id mode platform_set_id platform platform_account_id username display_name avatar_url status scopes " +
      "token_health token_health_reason platform_metadata external_id posting_times connected_at",
  ),
  connectLinks: page(
    "connect_links",
    "id mode platform_set_id platform external_id return_url created_at expires_at revoked_at connected_at account_id " +
      "account_ids",
  ),
  ownApps: page("oauth_apps", "id mode platform platform_set_id client_id redirect_uri created_at"),
  notifications: statement<ExportedRow, ExportParams>(
    "notification_settings.export",
    `select n.id, n.workspace, n.mode, n.kind, n.by_email as "byEmail" from (
       select concat_ws(' ', mode, kind) as id, user_id as workspace, mode, kind, by_email from notification_settings
       where user_id = $1
       union all
       select concat_ws(' ', s.mode, s.kind, s.user_id), s.user_id, s.mode, s.kind, s.by_email
       from members m join member_notification_settings s on s.member_id = m.id and s.user_id = m.user_id
       where m.member_id = $1) n
     where n.id > $2 order by n.id limit $3`,
  ),
  webhooks: page("webhooks", "id mode url description events status disabled_reason created_at updated_at"),
  posts: page(
    "posts",
    "id mode platform_set_id status content platforms scheduled_for publish_by skip_when_paused created_at updated_at published_at",
    { with: PLATFORM_POSTS },
  ),
  media: page("media", "id mode status source_url filename facts size_bytes alt_text created_at deleted_at", {
    with: KEEP_UNTIL,
  }),
  usage: statement<ExportedRow, ExportParams>(
    "usage_months.export",
    `select to_char(month, 'YYYY-MM') as id, posts, media_uploads as "mediaUploads", api_requests as "apiRequests"
     from usage_months where user_id = $1 and to_char(month, 'YYYY-MM') > $2 order by month limit $3`,
  ),
  subscriptions: page(
    "subscriptions",
    "id plan status created_at current_period_ends_at trial_ends_at cancels_at past_due_since plan_ends_at",
    { idType: "text" },
  ),
  requests: page(
    "api_requests",
    "id mode via actor_kind actor_id operation method route target status duration_milliseconds has_idempotency_key " +
      "network query body error",
  ),
  auditEvents: page("audit_events", "id mode actor_kind actor_id action target data address request_id created_at"),
};

function page(table: string, columns: string, options: { idType?: "uuid" | "text"; with?: string } = {}): ExportPage {
  const { idType = "uuid", with: more = "" } = options;
  const selected = columns
    .split(" ")
    .map((column) => `${column} as "${column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())}"`);
  return statement<ExportedRow, ExportParams>(
    `${table}.export`,
    `select ${selected.join(", ")}${more} from ${table}
     where user_id = $1 and ($2::text = '' or id > nullif($2, '')::${idType}) order by id limit $3`,
  );
}

/** The storage keys of the user's bytes, including renditions and incomplete uploads. */
export const listStorageKeys = statement<{ storage_key: string }, [userId: string]>(
  "media.list_storage_keys",
  `select storage_key from media where user_id = $1 and storage_key is not null
   union all select storage_key from resumable_upload_parts where user_id = $1`,
);

/** Counts have no reference to the user's row, which creates would wait for. */
export const deletePostCounts = statement<never, [userId: string]>(
  "post_counts.delete_of_user",
  `delete from post_counts where user_id = $1`,
);
