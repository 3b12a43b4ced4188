-- The portal options' say on locking user IDs: no row until they were first set.
create table lockout_policy (
  only_one bigint primary key check (only_one = 1),
  threshold bigint not null,
  duration_micros bigint not null
);
