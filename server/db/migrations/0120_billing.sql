-- compatible with: 0075
-- locks: users
-- A user's customer at Stripe.
create table billing_customers (
  user_id         text primary key references users on delete cascade,
  customer_id     text unique,                        -- null: deleted there
  customers       integer not null default 0,         -- how many were deleted before
  checkout_id     text,                               -- the only checkout that can still be paid
  has_subscribed  boolean not null default false      -- a trial is for the first time only
);

-- Subscriptions at Stripe, as they were read last.
create table subscriptions (
  id                      text primary key,
  user_id                 text not null references users on delete cascade,
  plan                    text,                       -- null: its price is not a configured one
  status                  text not null,              -- in Stripe's words
  item_id                 text not null,
  created_at              timestamptz(3) not null,
  current_period_ends_at  timestamptz(3),
  trial_ends_at           timestamptz(3),
  cancels_at              timestamptz(3),
  past_due_since          timestamptz(3),
  plan_ends_at            timestamptz(3),             -- until when the plan applies; null: no end is known
  told                    text[] not null default '{}',
  tell_at                 timestamptz(3),             -- when the next email is due
  read_at                 timestamptz not null        -- when reading began: an earlier reading never replaces a later one
);
create index subscriptions_user on subscriptions (user_id);
create index subscriptions_ended on subscriptions (plan_ends_at) where status in ('canceled', 'incomplete_expired');
create index subscriptions_tell on subscriptions (tell_at) where tell_at is not null;

-- Webhook events of Stripe that were handled.
create table billing_events (
  id           text primary key,
  received_at  timestamptz(3) not null default now()
);
create index billing_events_received on billing_events (received_at);
