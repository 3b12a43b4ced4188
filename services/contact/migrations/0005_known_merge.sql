-- The account that an account was merged into; empty for one that was not.
alter table known_account add column merged_into_id text not null default '';
create index known_account_merged on known_account (merged_into_id) where merged_into_id <> '';
-- Of the version that is known. A site of a merged account is told of in two partitions.
alter table known_site add column update_time bigint not null default 0;
