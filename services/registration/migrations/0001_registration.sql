-- Somebody who signs in to the portal.
create table portal_user (
  id text primary key,
  user_id text not null,
  user_id_key text not null unique,  -- In lower case: user IDs are told apart without it.
  email text not null,               -- Verified: the address that the accepted invitation went to.
  password_hash text not null,
  must_change_password bigint not null,
  disabled bigint not null,
  create_time bigint not null
);

-- What a portal user may see: one for each contact that the person is.
create table membership (
  contact_id text primary key,
  portal_user_id text not null references portal_user (id),
  account_id text not null,
  account_name text not null,
  all_sites bigint not null
);
create index membership_by_user on membership (portal_user_id);
create index membership_by_account on membership (account_id);

-- The sites of a membership that has not all of them.
create table membership_site (
  contact_id text not null references membership (contact_id),
  site_id text not null,
  primary key (contact_id, site_id)
);

-- An invitation on its way to a portal user. It is pending until it has one, and
-- then stays for ever, so that it answers who asks again and holds its user ID:
-- one unique index guards those that are reserved and those in use.
create table acceptance (
  id text primary key,
  invitation_id text not null,
  token_hash text not null,     -- Empty once it is complete, as is the next.
  password_hash text not null,
  user_id text not null,
  user_id_key text not null unique,
  portal_user_id text,
  create_time bigint not null,
  due_time bigint not null      -- When the sweep looks after it, while it is pending.
);
create index acceptance_due on acceptance (due_time) where portal_user_id is null;

create table portal_session (
  id text primary key,
  portal_user_id text not null references portal_user (id),
  token_hash text not null unique,
  create_time bigint not null,
  last_use_time bigint not null,
  expire_time bigint not null
);
create index portal_session_by_user on portal_session (portal_user_id);
create index portal_session_by_use on portal_session (last_use_time);

-- Failed sign-ins, also of user IDs that nobody has: both cost the same, so that
-- the time of an answer tells nobody which exist. Whatever was typed is hashed,
-- since people type passwords into the wrong field.
create table sign_in_failure (
  user_id_hash text primary key,
  failures bigint not null,
  last_time bigint not null
);
create index sign_in_failure_by_time on sign_in_failure (last_time);
