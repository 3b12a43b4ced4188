-- Merged accounts whose sites or invoices are not all at the account that stays.
create table merge_move (
  loser_id text primary key
);
