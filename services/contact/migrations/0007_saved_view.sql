create table saved_view (
  id text primary key,
  display_name text not null,
  filter text not null,
  query text not null,
  order_by text not null,
  shared bigint not null,
  owner text not null,
  create_time bigint not null
);

create unique index saved_view_by_owner on saved_view (owner, display_name);
create index saved_view_shared on saved_view (display_name) where shared = 1;
