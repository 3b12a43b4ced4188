-- Contacts that are still to go over from an account to the one it was merged into, for whoever
-- merged them; or, where both are the same account, that get no invoices by e-mail any more.
create table account_move (
  from_account text primary key,
  to_account text not null,
  actor text not null
);

create index account_move_by_to on account_move (to_account);
