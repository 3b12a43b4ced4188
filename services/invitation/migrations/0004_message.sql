create table message (
  id text primary key,
  invitation_id text not null,
  contact_id text not null,
  account_id text not null,
  recipient text not null,
  sender text not null,
  subject text not null,
  message_id text not null,
  state bigint not null,
  create_time bigint not null,
  due_time bigint,
  finish_time bigint,
  attempt_count bigint not null,
  cancel_reason text not null,
  sender_name text not null,
  template_id text not null,
  template_version bigint not null,
  -- What its placeholders stand for, but for the link: JSON.
  placeholder_values text not null,
  portal_url text not null,
  -- The link's token, sealed; '' once the message has come to its end.
  sealed_token text not null,
  -- Until when a worker has it to itself; 0 when none has.
  lease_until bigint not null,
  lease_owner text not null
);

create index message_due on message (due_time, id) where state = 1;
create index message_leased on message (lease_owner) where lease_owner <> '';
create index message_by_invitation on message (invitation_id);
create index message_by_contact on message (contact_id, id);
create index message_by_state on message (state, id);

-- The tries to deliver a message, numbered 1, 2, ….
create table delivery_attempt (
  message_id text not null,
  number bigint not null,
  time bigint not null,
  outcome bigint not null,
  reply_code bigint not null,
  enhanced_status text not null,
  reply text not null,
  primary key (message_id, number)
);
