create table invitation (
  id text primary key,
  contact_id text not null,
  account_id text not null,
  email text not null,
  state bigint not null,
  origin bigint not null,
  create_time bigint not null,
  expire_time bigint not null,
  send_time bigint,
  accept_time bigint,
  revoke_time bigint,
  revoke_reason text not null,
  etag text not null,
  -- The SHA-256 of the current link's token; null once no link leads here any more.
  token_hash text,
  acceptance_id text not null default ''
);

-- Live: PENDING, SENT, DEFERRED, DELIVERED. A contact has one at most.
create unique index invitation_live on invitation (contact_id) where state in (1, 2, 3, 4);
create index invitation_live_by_expiry on invitation (expire_time) where state in (1, 2, 3, 4);
create unique index invitation_by_token on invitation (token_hash);
create index invitation_by_contact on invitation (contact_id, id);
create index invitation_by_account on invitation (account_id, id);
create index invitation_by_state on invitation (state, id);

-- Why a contact was or was not invited when it was created.
create table decision (
  contact_id text primary key,
  outcome bigint not null,
  reason bigint not null,
  invitation_id text not null,
  decide_time bigint not null
);
