-- A contact that was taken from its account, erased, or merged into another stays as a row.
alter table contact add column unlink_time bigint;
alter table contact add column erase_time bigint;
alter table contact add column merged_into_id text not null default '';
alter table contact add column external_id text not null default '';

create unique index contact_by_external_id on contact (external_id) where external_id <> '';
create index contact_by_merged_into on contact (merged_into_id) where merged_into_id <> '';
