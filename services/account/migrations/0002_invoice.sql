create table invoice (
  id text primary key,
  account_id text not null,
  number text not null unique,
  quick_pay_code text not null,
  issue_date text not null,
  due_date text not null,
  amount_currency_code text not null,
  amount_amount_minor bigint not null,
  balance_currency_code text not null,
  balance_amount_minor bigint not null,
  external_id text not null,
  create_time bigint not null,
  update_time bigint not null,
  etag text not null
);

create index invoice_by_account on invoice (account_id, id);
create unique index invoice_by_external_id on invoice (external_id) where external_id <> '';
