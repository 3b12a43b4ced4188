-- The account that an account was merged into; empty for one that was not.
alter table known_account add column merged_into_id text not null default '';
