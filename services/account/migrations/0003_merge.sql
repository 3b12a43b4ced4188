-- The account that this one is another name for; empty for one that was not merged. It never
-- names one that was merged itself.
alter table account add column merged_into_id text not null default '';
create index account_merged on account (merged_into_id) where merged_into_id <> '';

-- The sites of merged accounts by the account and number that they had there.
create table site_alias (
  account_id text not null,
  number text not null,
  site_id text not null,
  primary key (account_id, number)
);
