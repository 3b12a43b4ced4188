-- Whose events are to lose what is personal: those after one position, up to another.
create table event_erasure (
  subject text primary key,
  position bigint not null,
  until_position bigint not null
);
