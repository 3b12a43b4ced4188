-- The processes on this database that want parts of a work, and which parts each one does.
-- Times are those of the database's clock.
create table work_process (
  work text not null,
  process text not null,
  until_time bigint not null,
  primary key (work, process)
);

create table work_part (
  work text not null,
  part bigint not null,
  process text not null,
  until_time bigint not null,
  primary key (work, part)
);
