-- Bools and enums are numbers, times microseconds since 1970, money minor units.
-- The columns are named by the paths of the proto's fields.

create table division (
  id text primary key,
  display_name text not null unique,
  email text not null,
  active bigint not null,
  create_time bigint not null,
  update_time bigint not null,
  etag text not null
);

create table account_class (
  id text primary key,
  display_name text not null unique,
  default_credit_limit_minor bigint not null,
  default_terms text not null,
  default_rebate_payment_type text not null,
  default_bill_by_site bigint not null,
  gl_segment text not null,
  portal_access_enabled bigint not null,
  portal_home_page bigint not null,
  portal_add_sites_enabled bigint not null,
  portal_new_location_template text not null,
  portal_new_location_bundle text not null,
  portal_on_call_orders_enabled bigint not null,
  portal_report_access_enabled bigint not null,
  portal_inactive_site_viewing bigint not null,
  portal_show_work_order_photos bigint not null,
  portal_show_work_order_attachments bigint not null,
  portal_auto_send_invitation bigint not null,
  portal_invoice_verified_registration bigint not null,
  portal_registration_approval_required bigint not null,
  active bigint not null,
  create_time bigint not null,
  update_time bigint not null,
  etag text not null
);

create table bill_group (
  id text primary key,
  display_name text not null unique,
  active bigint not null,
  create_time bigint not null,
  update_time bigint not null,
  etag text not null
);

create table account_source (
  id text primary key,
  display_name text not null unique,
  active bigint not null,
  create_time bigint not null,
  update_time bigint not null,
  etag text not null
);

create table site_source (
  id text primary key,
  display_name text not null unique,
  active bigint not null,
  create_time bigint not null,
  update_time bigint not null,
  etag text not null
);

create table account (
  id text primary key,
  number text not null unique,
  display_name text not null,
  division_id text not null,
  account_class_id text not null,
  bill_group_id text not null,
  account_source_id text not null,
  status bigint not null,
  address_lines text not null,
  address_city text not null,
  address_region text not null,
  address_postal_code text not null,
  address_country_code text not null,
  phone text not null,
  terms text not null,
  account_manager text not null,
  billing_cycle text not null,
  billed_through_date text not null,
  invoice_delivery bigint not null,
  automatic_payment bigint not null,
  balance_due_currency_code text not null,
  balance_due_amount_minor bigint not null,
  active_service_count bigint not null,
  external_id text not null,
  create_time bigint not null,
  update_time bigint not null,
  etag text not null
);

create index account_by_division on account (division_id, id);
create index account_by_class on account (account_class_id, id);
create unique index account_by_external_id on account (external_id) where external_id <> '';

create table site (
  id text primary key,
  account_id text not null,
  number text not null,
  display_name text not null,
  address_lines text not null,
  address_city text not null,
  address_region text not null,
  address_postal_code text not null,
  address_country_code text not null,
  county text not null,
  phone text not null,
  site_source_id text not null,
  status bigint not null,
  active_service_count bigint not null,
  external_id text not null,
  create_time bigint not null,
  update_time bigint not null,
  etag text not null,
  unique (account_id, number)
);

create index site_by_account on site (account_id, id);
create unique index site_by_external_id on site (external_id) where external_id <> '';

-- Empty until the options are first changed; one row from then on.
create table portal_options (
  only_row bigint primary key default 1 check (only_row = 1),
  portal_url text not null,
  display_service_history bigint not null,
  display_ar_history bigint not null,
  display_aging_buckets bigint not null,
  display_login_terms bigint not null,
  display_current_services bigint not null,
  display_service_quantity bigint not null,
  display_third_party_invoices bigint not null,
  guest_payment_enabled bigint not null,
  auto_pay_max_minor bigint not null,
  entry_page bigint not null,
  invitation_from_email text not null,
  invitation_template_id text not null,
  address_request_enabled bigint not null,
  address_found_template_id text not null,
  login_request_enabled bigint not null,
  login_message_html text not null,
  login_terms_html text not null,
  payment_terms_html text not null,
  login_graphic_url text not null,
  invoice_quick_pay_url text not null,
  quick_request_url text not null,
  invoice_recency_days bigint not null,
  invitation_lifetime text not null,
  reminder_schedule text not null,
  lockout_threshold bigint not null,
  lockout_duration text not null,
  update_time bigint not null,
  etag text not null
);
