-- Which key, of those that publish only what a person has approved, has last made, changed or tried to publish a post:
-- so that people see what waits for them.
alter table posts add column approval_wanted_by uuid;
