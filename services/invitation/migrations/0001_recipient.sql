-- What this service knows of each contact: a projection of the contact service's and the
-- registration service's events.
create table recipient (
  contact_id text primary key,
  account_id text not null,
  site_id text not null,
  name text not null,
  email text not null,
  access_enabled bigint not null,
  account_name text not null,
  -- '' without one.
  portal_user_id text not null,
  -- The acceptance that makes the contact a portal user; '' before one.
  acceptance_id text not null,
  -- When the contact itself last changed, and whether that was learned by asking for it rather
  -- than by its event.
  update_time bigint not null,
  fetched bigint not null
);

-- Addresses that no mail is sent to.
create table suppression (
  address_key text primary key,
  reason text not null,
  create_time bigint not null
);
