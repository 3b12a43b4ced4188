-- Who created the contact, whose creation is thus no row of its own below.
alter table contact add column created_by text not null default '';

-- What happened to contacts.
create table activity (
  id text primary key,
  -- In whose history it stands: a contact's, or an account's for all of its contacts. And to whom it
  -- happened where that contact was merged since.
  contact_id text not null,
  original_contact_id text not null,
  time bigint not null,
  kind bigint not null,
  actor text not null,
  changes text not null,
  detail text not null,
  subject_id text not null
);

create index activity_by_contact on activity (contact_id, id);
