#pragma once

#include "libs/base/clock.h"
#include "libs/events/event_log.h"
#include "libs/storage/database.h"
#include "portico/account/v1/account.pb.h"
#include "portico/account/v1/invoice.pb.h"
#include "portico/account/v1/setup.pb.h"
#include "services/account/portal_options_store.h"
#include "services/account/resource_store.h"

namespace portico::account {

// All that the account service keeps. Thread-safe.
struct Stores {
  // `database` has the migrations of "account", "storage" and "events".
  Stores(storage::Database& database, events::EventLog& events, const Clock& clock);

  // All that they keep, told as events.
  events::Snapshot Snapshot() const;

  storage::Database& database;
  ResourceStore<v1::Division> divisions;
  ResourceStore<v1::AccountClass> account_classes;
  ResourceStore<v1::BillGroup> bill_groups;
  ResourceStore<v1::AccountSource> account_sources;
  ResourceStore<v1::SiteSource> site_sources;
  ResourceStore<v1::Account> accounts;
  ResourceStore<v1::Site> sites;
  ResourceStore<v1::Invoice> invoices;
  PortalOptionsStore portal_options;
};

}  // namespace portico::account
