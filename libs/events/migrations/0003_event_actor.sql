-- Who made the change: the subject of a token, or the name of a service.
alter table event_log add column actor text not null default '';
