-- The changes of this service, in the order in which they were committed.
create table event_log (
  position bigint not null primary key,
  id text not null,
  type text not null,
  subject text not null,
  partition_key text not null,
  time bigint not null,
  trace_parent text not null,
  -- The payload message, base64.
  data text not null
);

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
