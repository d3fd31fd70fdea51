-- Instagram through Facebook Login has two tokens: the Page's, and that of the person. And Meta lets an app use a
-- person's data for 90 days, whatever the tokens' own ends.
alter table connections
  add column user_token_sealed text,
  add column user_token_expires_at timestamptz(3),
  add column data_access_expires_at timestamptz(3);

-- The person by whom access was granted, as the app knows them, by which login and through which app (null: the
-- instance's own). Kept with the account, so that the person can have its data deleted after it was disconnected.
alter table accounts
  add column granted_by text,
  add column granted_login text not null default '',
  add column granted_through uuid;
update accounts a set granted_through = c.oauth_app_id, granted_login = coalesce(c.login, ''), granted_by = coalesce(c.grantor_id, case
    when a.platform = 'threads' then a.platform_account_id
    when a.platform = 'instagram' and c.login = '' then a.platform_metadata ->> 'appScopedId' end)
from connections c where c.account_id = a.id;
create index accounts_granted_by on accounts (granted_by) where granted_by is not null;
