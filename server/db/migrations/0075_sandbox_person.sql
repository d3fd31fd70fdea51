-- Who answers at the sandbox's consent page, which a browser reaches through the app: it shows no other person's.
alter table oauth_attempts add column sandbox_person text;
