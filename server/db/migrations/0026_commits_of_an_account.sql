-- What an account has published lately, so that reading back takes no post for another.
create index publish_steps_commits on publish_steps (account_id, intent_at) where effect = 'visible';
