-- Recipients whose segment or standing may be another since something changed: noted in that
-- change's transaction, and put right soon after. Several notes of one do no harm.
create table stale_recipient (
  sequence bigint generated always as identity primary key,
  contact_id text not null
);

-- The same of all recipients of an account; those up to the contact are done.
create table stale_account (
  sequence bigint generated always as identity primary key,
  account_id text not null,
  done_contact_id text not null default ''
);
