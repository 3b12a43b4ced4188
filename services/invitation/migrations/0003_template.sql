create table template (
  id text primary key,
  display_name text not null unique,
  kind bigint not null,
  locale text not null,
  division_ids text not null,
  subject text not null,
  html_body text not null,
  text_body text not null,
  version bigint not null,
  create_time bigint not null,
  update_time bigint not null,
  etag text not null
);

-- Every text that a template ever had, so that queued mail keeps its own.
create table template_version (
  template_id text not null,
  version bigint not null,
  subject text not null,
  html_body text not null,
  text_body text not null,
  primary key (template_id, version)
);
