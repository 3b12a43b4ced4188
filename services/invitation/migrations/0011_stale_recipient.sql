-- Recipients whose segment or standing may be another since something changed: noted in that
-- change's transaction, and put right soon after. Several notes of one do no harm.
create table stale_recipient (
  sequence integer primary key,
  contact_id text not null
);

-- The same of all recipients of an account; those up to the contact are done.
create table stale_account (
  sequence integer primary key,
  account_id text not null,
  done_contact_id text not null default ''
);
