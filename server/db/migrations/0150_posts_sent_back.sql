-- compatible with: 0075
-- locks: post_approvals
-- A post that was sent back has a reason instead of the hash of what was approved, which earlier versions compare.

alter table post_approvals alter column content_hash drop not null, add column reason text;
