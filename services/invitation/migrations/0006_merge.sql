-- The contact that this one was merged into; '' for one that was not.
alter table recipient add column merged_into_id text not null default '';

create index recipient_by_merged_into on recipient (merged_into_id) where merged_into_id <> '';
