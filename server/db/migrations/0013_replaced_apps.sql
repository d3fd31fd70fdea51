-- An instance's app that was replaced stays for the connections that were made with it, as a platform set's does.
drop index oauth_apps_of_instance;
create unique index oauth_apps_of_instance on oauth_apps (mode, platform) where user_id is null and removed_at is null;
