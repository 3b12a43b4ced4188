-- Links of an invitation's earlier mails. They work as long as its latest one does, which is the one
-- in invitation.token_hash: so an invitation has no row here unless it is reminded of.
create table invitation_token (
  token_hash text primary key,
  invitation_id text not null
);
create index invitation_token_by_invitation on invitation_token (invitation_id);

alter table invitation add column reminder_schedule text not null default '';
alter table invitation add column reminder_count bigint not null default 0;
alter table invitation add column next_reminder_time bigint;
alter table invitation add column hand_over_time bigint;

-- SENT and DELIVERED ones: what is waiting to be sent is not reminded of.
create index invitation_reminder_due on invitation (state, next_reminder_time)
  where state in (2, 4) and next_reminder_time is not null;
