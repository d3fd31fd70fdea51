-- compatible with: 0075
-- locks: platform_posts
-- What each platform post uses of its platform's limits, and of what may be spent, at its time. A budget is a limit of
-- an account, an app, a user or a key.
create table budget_uses (
  platform_post_id  uuid not null references platform_posts on delete cascade,
  budget            text not null,
  at                timestamptz(3) not null,
  units             bigint not null check (units > 0),
  -- The platform post failed or was discarded, and nothing of it is live.
  released          boolean not null default false,
  primary key (platform_post_id, budget)
);
create index budget_uses_window on budget_uses (budget, at) include (units) where not released;
create index budget_uses_age on budget_uses (at);

-- What is known of a budget besides what is declared.
create table budget_limits (
  budget   text primary key,
  -- Instead of the declared limit: the operator's, or the platform's own. Null: neither.
  most     bigint check (most >= 0),
  set_by   text not null check (set_by in ('operator', 'platform')),
  -- What the platform counted in the window before this time that we did not publish.
  others   bigint not null default 0,
  read_at  timestamptz(3) not null default now()
);

-- Locks the budgets until the transaction ends, and says whether there is certainly room: whether all that the posts
-- besides `own` use between `since` and `until` leaves `units` of `most`. It is false in rare cases in which there is
-- room. A function, because after waiting for the locks each of its statements sees what others have committed.
create function budgets_have_room(budgets text[], most bigint[], units bigint[], since timestamptz[], until timestamptz[], own uuid[])
returns boolean language plpgsql as $$
begin
  perform pg_advisory_xact_lock(l.key)
    from (select distinct hashtextextended(b, 130) as key from unnest(budgets) as b order by 1) as l;
  return not exists (
    select from unnest(budgets, most, units, since, until) as w(budget, most, units, since, until)
      left join budget_limits l on l.budget = w.budget
    where coalesce(l.most, w.most) < w.units
      + case when l.read_at > w.since and l.read_at < w.until then l.others else 0 end
      + (select coalesce(sum(u.units), 0) from budget_uses u
         where u.budget = w.budget and u.at > w.since and u.at < w.until and not u.released
           and u.platform_post_id <> all (own)));
end $$;

create function release_budget_uses() returns trigger language plpgsql as $$
begin
  update budget_uses set released = new.status in ('failed', 'discarded') and new.live_through is null
  where platform_post_id = new.id;
  return null;
end $$;
create trigger release_budget_uses after update of status on platform_posts for each row
  when (old.status is distinct from new.status
    and (old.status in ('failed', 'discarded') or new.status in ('failed', 'discarded')))
  execute function release_budget_uses();
