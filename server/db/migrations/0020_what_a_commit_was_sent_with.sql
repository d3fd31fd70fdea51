-- One id of a platform stands for one commit on the platform's own account, by whichever of our accounts it was reached:
-- the same profile may be connected to several sets. And what a commit was sent with stays with it, since it may be read
-- back when later attempts have made other handles.
alter table publish_steps add column platform text, add column platform_account_id text, add column checkpoint jsonb;
update publish_steps s set platform = a.platform, platform_account_id = a.platform_account_id
from accounts a where a.id = s.account_id and s.effect = 'visible';

update publish_steps s set remote_id = null, evidence = s.evidence || jsonb_build_object('repeatedRemoteId', s.remote_id)
where s.effect = 'visible' and s.remote_id is not null and exists (
  select from publish_steps first
  where first.effect = 'visible' and first.mode = s.mode and first.platform = s.platform and first.platform_account_id = s.platform_account_id
    and first.remote_id = s.remote_id and (first.intent_at, first.id) < (s.intent_at, s.id));
drop index publish_steps_one_remote;
create unique index publish_steps_one_remote on publish_steps (mode, platform, platform_account_id, remote_id) where effect = 'visible' and remote_id is not null;
