-- See 0006_search.sql for what the columns are.
alter table contact
  add column name_key text collate "C" not null default '',
  add column search_words text not null default '',
  add column indexed_etag text not null default '';
alter table contact
  add column email_key text collate "C" generated always as (lower(email collate "C")) stored,
  add column external_id_key text collate "C"
    generated always as (lower(external_id collate "C")) stored,
  add column search_vector tsvector generated always as (cast(search_words as tsvector)) stored;

create index contact_by_name on contact (name_key, id);
-- Beside contact_by_email, by which the release before finds while both run.
create index contact_by_email_key on contact (email_key, id);
create index contact_by_external_id_key on contact (external_id_key, id) where external_id <> '';
create index contact_by_update_time on contact (update_time, id);
create index contact_by_invitation_state on contact (portal_invitation_state, id);
create index contact_portal_user on contact (id) where portal_is_portal_user = 1;
create index contact_billing on contact (billing_contact, id) where billing_contact > 1;
create index contact_unlinked on contact (id) where unlink_time is not null;
create index contact_left_behind on contact (id) where indexed_etag <> etag;
create index contact_by_words on contact using gin (search_vector);

create table account_number (
  account_id text not null primary key,
  number text not null,
  number_key text collate "C" not null,
  number_words text not null
);
create unique index account_number_by_key on account_number (number_key, account_id);

insert into account_number (account_id, number, number_key, number_words)
select id, '', '', '' from known_account;

create table account_number_word (
  word text collate "C" not null,
  account_id text not null,
  primary key (word, account_id)
);
create index account_number_word_by_account on account_number_word (account_id);
