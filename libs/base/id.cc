#include "libs/base/id.h"

#include <cstdint>

#include "libs/base/random.h"

namespace portico {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr size_t kTimeDigits = 11;
constexpr size_t kRandomDigits = 13;

}  // namespace

std::string_view IdPrefix(IdKind kind) {
  switch (kind) {
    case IdKind::kDivision: return "div_";
    case IdKind::kAccountClass: return "cls_";
    case IdKind::kBillGroup: return "bgr_";
    case IdKind::kAccountSource: return "asr_";
    case IdKind::kSiteSource: return "ssr_";
    case IdKind::kAccount: return "acc_";
    case IdKind::kSite: return "sit_";
    case IdKind::kContact: return "con_";
    case IdKind::kInvitation: return "inv_";
    case IdKind::kMessage: return "msg_";
    case IdKind::kTemplate: return "tpl_";
    case IdKind::kPortalUser: return "usr_";
    case IdKind::kSession: return "ses_";
    case IdKind::kAcceptance: return "apt_";
    case IdKind::kEvent: return "evt_";
    case IdKind::kInvoice: return "ivc_";
    case IdKind::kActivity: return "act_";
    case IdKind::kSavedView: return "viw_";
    case IdKind::kBulkSend: return "blk_";
  }
  return "";
}

std::string NewId(IdKind kind, absl::Time now) {
  std::string id(IdPrefix(kind));
  const uint64_t micros = static_cast<uint64_t>(absl::ToUnixMicros(now));
  for (size_t digit = kTimeDigits; digit-- > 0;) id += kAlphabet[(micros >> (5 * digit)) & 31];
  for (const char byte : RandomBytes(kRandomDigits)) {
    id += kAlphabet[static_cast<unsigned char>(byte) & 31];
  }
  return id;
}

std::string NewIdAfter(std::string_view earlier, IdKind kind, absl::Time now) {
  std::string id = NewId(kind, now);
  if (id > earlier || !IsId(kind, earlier)) return id;
  int64_t micros = 0;
  for (const char digit : earlier.substr(IdPrefix(kind).size(), kTimeDigits)) {
    micros = micros * 32 + static_cast<int64_t>(kAlphabet.find(digit));
  }
  return NewId(kind, absl::FromUnixMicros(micros + 1));
}

bool IsId(IdKind kind, std::string_view text) {
  const std::string_view prefix = IdPrefix(kind);
  return text.size() == prefix.size() + kTimeDigits + kRandomDigits && text.starts_with(prefix) &&
         text.substr(prefix.size()).find_first_not_of(kAlphabet) == std::string_view::npos;
}

}  // namespace portico
