-- The creates that carried a request id, and what they made.
create table request_log (
  rpc text not null,
  request_id text not null,
  fingerprint text not null,
  resource_id text not null,
  create_time bigint not null,
  primary key (rpc, request_id)
);

create index request_log_by_create_time on request_log (create_time);
