-- compatible with: 0075
-- locks: api_keys
-- The key that replaced a rolled one, which can work a little longer. Null: it was not rolled.
alter table api_keys add column replaced_by uuid;
