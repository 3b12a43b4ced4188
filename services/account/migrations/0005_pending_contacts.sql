-- The contacts that were asked for with their account, until the contact service has them.
create table pending_contacts (
  account_id text primary key,
  -- The CreateContactsRequest, base64.
  request text not null,
  attempts bigint not null,
  due_time bigint not null
);
create index pending_contacts_by_due_time on pending_contacts (due_time);
