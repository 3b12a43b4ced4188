create table bulk_send (
  id text primary key,
  display_name text not null,
  general bigint not null,
  filter text not null,
  template_id text not null,
  subject text not null,
  html_body text not null,
  text_body text not null,
  sender_email text not null,
  schedule_time bigint,
  max_per_minute bigint not null,
  pause_at_failed_percent bigint not null,
  state bigint not null,
  pause_reason text not null,
  created_by text not null,
  create_time bigint not null,
  start_time bigint,
  end_time bigint,
  etag text not null,
  -- The texts of its mails, as they were when it was created.
  text_template_id text not null default '',
  text_version bigint not null default 0,
  -- Up to where its recipients are gathered.
  gathered_segment_id bigint not null default 0,
  gathered_standing bigint not null default 0,
  gathered_contact_id text not null default '',
  -- How often all of them were gone over, and whom this time has added.
  gathering bigint not null default 1,
  gathering_added bigint not null default 0,
  -- Its recipients: all, those not mailed yet, those skipped before they were, and those for whom
  -- there is a mail. What became of that says the mail.
  total bigint not null default 0,
  waiting bigint not null default 0,
  skipped bigint not null default 0,
  mailed bigint not null default 0,
  -- What had ended, and failed, when failures were last counted from.
  ended_before bigint not null default 0,
  failed_before bigint not null default 0,
  -- Before then no more of it is mailed.
  next_feed_time bigint not null default 0
);
create index bulk_send_by_state on bulk_send (state, id);
create index bulk_send_to_wind_up on bulk_send (id) where state = 7 and end_time is null;

-- The contacts that were chosen for a bulk send, or taken out of it.
create table bulk_contact (
  bulk_send_id text not null,
  contact_id text not null,
  is_excluded bigint not null,
  primary key (bulk_send_id, contact_id)
);

-- The ledger.
create table bulk_recipient (
  bulk_send_id text not null,
  number bigint not null,
  contact_id text not null,
  -- 1 not mailed yet, 2 mailed: message.bulk_number leads here, 6 skipped.
  state bigint not null,
  -- Why it was skipped.
  reason text not null,
  message_id text not null,
  primary key (bulk_send_id, number)
);
create unique index bulk_recipient_by_contact on bulk_recipient (bulk_send_id, contact_id);
create index bulk_recipient_unmailed on bulk_recipient (bulk_send_id, state, number)
  where state <> 2;
