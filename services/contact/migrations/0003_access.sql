-- The sites that a contact may see in the portal, as JSON; empty for all.
alter table contact add column portal_site_ids text not null default '';

-- Which portal users are which contacts: one after an acceptance, more after a merge.
create table portal_membership (
  portal_user_id text not null,
  contact_id text not null,
  primary key (portal_user_id, contact_id)
);

create index portal_membership_by_contact on portal_membership (contact_id);

insert into portal_membership (portal_user_id, contact_id)
select portal_portal_user_id, id from contact where portal_portal_user_id <> '';
