-- Bools and enums are numbers, times microseconds since 1970.
-- The columns are named by the paths of the proto's fields.

create table contact (
  id text primary key,
  account_id text not null,
  site_id text not null,
  title text not null,
  name_first text not null,
  name_last text not null,
  name_display text not null,
  email text not null,
  email2 text not null,
  phones text not null,
  note text not null,
  receive_service_notifications bigint not null,
  service_notification_method bigint not null,
  request_notification_method bigint not null,
  billing_contact bigint not null,
  receive_invoice_notifications bigint not null,
  receive_past_due_notifications bigint not null,
  mobile_opt_out bigint not null,
  portal_access_enabled bigint not null,
  tags text not null,
  create_time bigint not null,
  update_time bigint not null,
  etag text not null,
  -- What the events of other services tell; staff never write these.
  portal_is_portal_user bigint not null default 0,
  portal_user_id text not null default '',
  portal_portal_user_id text not null default '',
  portal_invitation_state bigint not null default 0,
  portal_decision_reason bigint not null default 0,
  -- The invitation that the state is of.
  portal_invitation_id text not null default ''
);

create index contact_by_account on contact (account_id, id);
create index contact_by_site on contact (site_id, id) where site_id <> '';
create index contact_by_email on contact (lower(email), id);
-- BILLING_CONTACT_PRIMARY: an account has one.
create unique index contact_primary_billing on contact (account_id) where billing_contact = 2;

-- What is known here of the account service's accounts and sites.
create table known_account (
  id text primary key,
  invoice_delivery bigint not null
);

create table known_site (
  id text primary key,
  account_id text not null
);
