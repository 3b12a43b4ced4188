#pragma once

#include <absl/time/clock.h>
#include <absl/time/time.h>

#include <string>
#include <string_view>

namespace portico {

// What an id names; its prefix is part of the id's text, so that an id of one
// kind is never taken for another.
enum class IdKind {
  kDivision,      // div_
  kAccountClass,  // cls_
  kBillGroup,     // bgr_
  kAccountSource, // asr_
  kSiteSource,    // ssr_
  kAccount,       // acc_
  kSite,          // sit_
  kContact,       // con_
  kInvitation,    // inv_
  kMessage,       // msg_
  kTemplate,      // tpl_
  kPortalUser,    // usr_
  kSession,       // ses_
  kAcceptance,    // apt_
  kEvent,         // evt_
  kInvoice,       // ivc_
  kActivity,      // act_
  kSavedView,    // viw_
  kBulkSend,     // blk_
};

// The prefix with its underscore, such as "con_".
std::string_view IdPrefix(IdKind kind);

// A new unique id: the prefix, 11 characters of microseconds and 13 random ones
// (65 bits), all in Crockford's lower-case base 32. Ids sort by the time they
// were made.
std::string NewId(IdKind kind, absl::Time now = absl::Now());

// The same, but an id that sorts after `earlier`, one of the same kind or "", also when the
// clock was set back since that was made.
std::string NewIdAfter(std::string_view earlier, IdKind kind, absl::Time now);

// Whether `text` has the form of an id of this kind. It need not exist.
bool IsId(IdKind kind, std::string_view text);

}  // namespace portico
