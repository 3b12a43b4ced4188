#pragma once

#include <string>

#include "portico/invitation/v1/recipient.pb.h"

namespace CLI {
class App;
}

namespace portico::cli {

// The flags that say which contacts are meant, the same for all subcommands.
class FilterFlags {
 public:
  // Declares --division and the others, which need it.
  void Declare(CLI::App& command, bool is_required);

  bool is_given() const { return !filter_.division_id().empty(); }
  invitation::v1::RecipientFilter Filter() const;

 private:
  invitation::v1::RecipientFilter filter_;
  bool active_service_ = false, balance_due_ = false, billing_contacts_ = false;
  bool no_automatic_payment_ = false, include_invited_ = false;
};

}  // namespace portico::cli
