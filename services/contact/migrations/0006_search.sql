-- What contacts are sorted and found by, made from the rest of them by every write
-- (ContactIndex). The etag tells of which version it was made: a release that does not know these
-- columns leaves them behind, and ContactIndex makes up for it.
alter table contact add column name_key text not null default '';
alter table contact add column search_words text not null default '';
alter table contact add column indexed_etag text not null default '';
alter table contact add column email_key text generated always as (lower(email)) virtual;
alter table contact add column external_id_key text
  generated always as (lower(external_id)) virtual;

create index contact_by_name on contact (name_key, id);
-- In the place of contact_by_email.
create index contact_by_email_key on contact (email_key, id);
drop index contact_by_email;
create index contact_by_external_id_key on contact (external_id_key, id) where external_id <> '';
create index contact_by_update_time on contact (update_time, id);
create index contact_by_invitation_state on contact (portal_invitation_state, id);
create index contact_portal_user on contact (id) where portal_is_portal_user = 1;
create index contact_billing on contact (billing_contact, id) where billing_contact > 1;
create index contact_unlinked on contact (id) where unlink_time is not null;
create index contact_left_behind on contact (id) where indexed_etag <> etag;

-- The index of search_words, by the rowids of contacts: these stay, as no contact is ever deleted.
-- A new contact waits for it, as many at a time cost a small part of what each by itself would;
-- until then, which indexed_to tells, searches look at its words themselves. A change is in it at
-- once.
create virtual table contact_search using fts5 (
  words, content = '', detail = none, columnsize = 0, tokenize = "ascii tokenchars '#+%'"
);
create table contact_search_state (
  indexed_to bigint not null,
  -- 1 while the index holds words of a person whose data was erased: what it drops it keeps until
  -- its parts are merged.
  has_erased bigint not null
);

insert into contact_search_state (indexed_to, has_erased) values (0, 0);

create trigger contact_words_changed after update of search_words on contact
when old.search_words <> new.search_words
  and old.rowid <= (select indexed_to from contact_search_state)
begin
  insert into contact_search (contact_search, rowid, words)
  values ('delete', old.rowid, old.search_words);
  insert into contact_search (rowid, words) values (old.rowid, new.search_words);
  update contact_search_state set has_erased = 1 where new.search_words = '';
end;

-- The numbers of accounts, as written, as they are compared, and their words; empty until they
-- are known.
create table account_number (
  account_id text not null primary key,
  number text not null,
  number_key text not null,
  number_words text not null
);
create unique index account_number_by_key on account_number (number_key, account_id);

insert into account_number (account_id, number, number_key, number_words)
select id, '', '', '' from known_account;

create table account_number_word (
  word text not null,
  account_id text not null,
  primary key (word, account_id)
);
create index account_number_word_by_account on account_number_word (account_id);
