-- What only one of the processes on this database may do at a time, and which one does.
create table lease (
  name text primary key,
  owner text not null,
  until_time bigint not null  -- By the database's clock.
);
