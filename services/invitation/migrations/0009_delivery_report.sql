-- What a suppression is for: SuppressionReason; all so far are bounces, and `reason` their text.
alter table suppression add column kind bigint not null default 1;
-- Who added it, where staff did; ''.
alter table suppression add column actor text not null default '';

create index suppression_by_kind on suppression (kind, address_key);

-- What was reported of mails after a mail server took them. The hash is of what the report says, so
-- that each counts once.
create table delivery_report (
  message_id text not null,
  content_hash text not null,
  time bigint not null,
  outcome bigint not null,
  reply_code bigint not null,
  enhanced_status text not null,
  reply text not null,
  source bigint not null,
  primary key (message_id, content_hash)
);

create index message_by_bulk_send on message (bulk_send_id, id) where bulk_send_id <> '';
create index message_by_recipient on message (lower(recipient), id) where recipient <> '';
