-- Contacts and accounts that were merged into others. A membership keeps the id of the contact it
-- was made for, so that no portal user loses one when the person's contacts are merged.
create table alias (
  id text primary key,
  stands_for text not null
);

create index alias_by_stands_for on alias (stands_for);

-- The sites that the contact may see, as JSON; empty for what site_id says.
alter table contact_access add column site_ids text not null default '';
-- Which version of the contact this is: events of a contact whose account was merged into
-- another come in any order.
alter table contact_access add column update_time bigint not null default 0;
alter table contact_access add column erased bigint not null default 0;
