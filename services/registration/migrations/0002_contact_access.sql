-- What the contact service last said of each contact, whether it has a portal user
-- or not: a restriction may come before the acceptance that it restricts.
create table contact_access (
  contact_id text primary key,
  site_id text not null,                -- Empty for a contact that may see all sites.
  portal_access_enabled bigint not null
);

-- The memberships that count: not those whose contact's portal access is switched off.
create view visible_membership as
  select membership.contact_id, portal_user_id, account_id, account_name, all_sites
  from membership left join contact_access on contact_access.contact_id = membership.contact_id
  where coalesce(portal_access_enabled, 1) = 1;
