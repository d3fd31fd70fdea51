-- What an app of one's own asks for: null is the default. A configuration of Facebook Login for Business has its own.
alter table oauth_apps add column scopes text[], add column config_id text;
