-- What a mail is: MessageKind. All so far carry invitations.
alter table message add column kind bigint not null default 1;
-- Who goes first: 0 what somebody waits for, 1 bulk, 2 held back, as its bulk send is paused.
alter table message add column lane bigint not null default 0;
-- The bulk send that it is of; ''.
alter table message add column bulk_send_id text not null default '';
-- The recipient of the bulk send whose present mail it is; 0 where there is none, or a later mail
-- took its place.
alter table message add column bulk_number bigint not null default 0;

drop index message_due;
create index message_due on message (state, lane, due_time, id) where state = 1;

-- Without those that were sent, which are nearly all: they are what is left of the mails made.
create index message_of_bulk_send on message (bulk_send_id, state, bulk_number)
  where bulk_number > 0 and state <> 2;
