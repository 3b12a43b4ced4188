-- What sites are found by address with (address_key.h), and the etag of the version that it was
-- made of: another one than the site's where a release without these columns wrote the site.
alter table site add column address_key text not null default '';
alter table site add column address_key_etag text not null default '';
create index site_by_address on site (address_key, id) where address_key <> '';
create index site_without_address_key on site (id) where address_key_etag <> etag;
