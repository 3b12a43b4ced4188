-- How far a consumer that follows a log in parts has come in each: further than event_cursor
-- says, or not at all.
create table event_part_cursor (
  consumer text not null,
  part bigint not null,
  position bigint not null,
  primary key (consumer, part)
);
