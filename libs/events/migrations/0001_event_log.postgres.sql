-- The changes of this service. Sequence numbers are given before their transactions commit,
-- in any order, and some never do; an event that is committed is then given its position,
-- the next without a gap (EventLog::Place).
create table event_log (
  sequence bigint generated always as identity primary key,
  position bigint unique,
  id text not null,
  type text not null,
  subject text not null,
  partition_key text not null,
  time bigint not null,
  trace_parent text not null,
  -- The payload message, base64.
  data text not null
);

create index event_log_without_position on event_log (sequence) where position is null;

-- How far each of this service's consumers has come in the log of another.
create table event_cursor (
  consumer text not null primary key,
  position bigint not null
);

-- Events that could not be applied, and those of the same partition behind them,
-- until they can.
create table event_set_aside (
  consumer text not null,
  position bigint not null,
  partition_key text not null,
  type text not null,
  subject text not null,
  error text not null,
  time bigint not null,
  -- The event, base64.
  event text not null,
  primary key (consumer, position)
);
