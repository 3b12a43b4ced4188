-- What recipients are counted and chosen by. It follows the account service's events.
create table known_account (
  id text primary key,
  number text not null,
  display_name text not null,
  division_id text not null,
  account_class_id text not null,
  bill_group_id text not null,
  account_source_id text not null,
  status bigint not null,
  automatic_payment bigint not null,
  balance_due_amount_minor bigint not null,
  active_service_count bigint not null,
  update_time bigint,
  -- The account that this one was merged into; ''.
  merged_into_id text not null
);
create index known_account_by_merged_into on known_account (merged_into_id)
  where merged_into_id <> '';

create table known_site (
  id text primary key,
  account_id text not null,
  site_source_id text not null,
  update_time bigint
);
create index known_site_by_account on known_site (account_id, site_source_id);

-- The sources of all of an account's sites, in order, each between bars: "|ssr_a|ssr_b|".
create table known_account_sources (
  account_id text primary key,
  site_source_ids text not null
);

create table known_class (
  id text primary key,
  portal_access_enabled bigint not null,
  portal_auto_send_invitation bigint not null,
  update_time bigint
);

create table known_division (
  id text primary key,
  display_name text not null,
  email text not null,
  update_time bigint
);

-- One row, id 1: the portal options as JSON.
create table known_portal_options (
  id bigint primary key,
  options text not null
);

-- All that filters ask of a contact but for where it stands, once for all contacts alike.
create table segment (
  -- Made of the others' values.
  id bigint primary key,
  division_id text not null,
  account_class_id text not null,
  bill_group_id text not null,
  account_source_id text not null,
  -- As in known_account_sources; of a contact of one site, that site's only.
  site_source_ids text not null,
  has_active_service bigint not null,
  has_balance_due bigint not null,
  has_automatic_payment bigint not null,
  is_billing_contact bigint not null
);
create index segment_by_division on segment (division_id, id);

alter table recipient add column is_billing_contact bigint not null default 0;
-- Unlinked, erased or merged away: no recipient any more.
alter table recipient add column is_gone bigint not null default 0;
-- As addresses are compared.
alter table recipient add column email_key text not null default '';
alter table recipient add column segment_id bigint not null default 0;
-- A RecipientGroup, where the portal is open to the class of its account; 0: not counted.
alter table recipient add column standing bigint not null default 0;

create index recipient_by_account on recipient (account_id, contact_id);
create index recipient_by_email on recipient (email_key) where email_key <> '';
create index recipient_by_segment on recipient (segment_id, standing, contact_id)
  where standing > 0;

-- How many recipients of a segment stand where.
create table recipient_count (
  segment_id bigint not null,
  standing bigint not null,
  count bigint not null,
  primary key (segment_id, standing)
);
