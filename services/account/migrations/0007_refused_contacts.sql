-- New accounts whose contacts the contact service refused for good.
create table refused_contacts (
  account_id text primary key,
  refused_time bigint not null
);
