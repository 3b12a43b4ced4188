#include "services/contact/contact_order.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "libs/rpc/errors.h"

namespace portico::contact {

absl::StatusOr<ContactOrder> ParseOrder(std::string_view field, std::string_view text) {
  using Key = ContactOrder::Key;
  static constexpr std::pair<std::string_view, Key> kKeys[] = {
      {"", Key::kId},
      {"id", Key::kId},
      {"name", Key::kName},
      {"email", Key::kEmail},
      {"account_number", Key::kAccountNumber},
      {"create_time", Key::kCreateTime},
      {"update_time", Key::kUpdateTime},
  };
  std::vector<std::string> words =
      absl::StrSplit(absl::string_view(text.data(), text.size()), ' ', absl::SkipEmpty());
  ContactOrder order;
  if (words.size() > 1 && words.back() == "desc") {
    order.falling = true;
    words.pop_back();
  }
  const std::string name = words.empty() ? "" : words.front();
  const auto* const known =
      std::ranges::find(kKeys, name, &std::pair<std::string_view, Key>::first);
  if (words.size() > 1 || known == std::end(kKeys)) {
    return rpc::InvalidField(
        field, absl::StrCat("got ", rpc::Quoted(text),
                            ", want id, name, email, account_number, create_time or update_time, "
                            "with \" desc\" behind it for falling"));
  }
  order.key = known->second;
  return order;
}

}  // namespace portico::contact
