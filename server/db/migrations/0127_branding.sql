-- compatible with: 0075
-- locks: users
-- How a user looks to people who open its pages and read its emails.
alter table users add column branding jsonb not null default '{}';
