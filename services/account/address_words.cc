#include "services/account/address_words.h"

#include <absl/container/flat_hash_map.h>
#include <absl/strings/str_split.h>

#include <string>
#include <vector>

namespace portico::account {
namespace {

// Each abbreviation and the words that it stands for: those of the US postal service's
// Publication 28, and such as people use.
constexpr char kWords[] =
    // Units.
    "# apartment apt apts unit suite ste; bldg building; fl floor flr; rm room; spc space; "
    "trlr trailer; ph penthouse; bsmt basement; frnt front; lowr lower; uppr upper; "
    "dept department; "
    // Directions.
    "n north; s south; e east; w west; ne northeast; nw northwest; se southeast; "
    "sw southwest; "
    // Kinds of streets.
    "aly alley; ave avenue av aven avn; bch beach; blf bluff; blvd boulevard boul blv; "
    "bnd bend; br branch; brg bridge; brk brook; byp bypass; byu bayou; cir circle circ; "
    "clb club; clf cliff; cmn common; cmns commons; cor corner; cors corners; cpe cape; "
    "cres crescent; crk creek; crse course; crst crest; cswy causeway; ct court crt; "
    "ctr center centre; cts courts; cv cove; cyn canyon; dl dale; dm dam; "
    "dr doctor drive drv driv; dv divide; est estate; ests estates; expy expressway expwy; "
    "ext extension; fld field; flds fields; fls falls; flt flat; flts flats; frd ford; "
    "frk fork; frks forks; frst forest; fry ferry; ft fort; fwy freeway frwy; gdn garden; "
    "gdns gardens; gln glen; grn green; grv grove; gtwy gateway; hbr harbor harbour; "
    "hl hill; hls hills; holw hollow; hts heights; hvn haven; hwy highway hiway; inlt inlet; "
    "is island; iss islands; jct junction; knl knoll; knls knolls; ky key; lck lock; "
    "ldg lodge; lk lake; lks lakes; ln lane; lndg landing; mdw meadow; mdws meadows; "
    "ml mill; mls mills; mnr manor; msn mission; mt mount; mtn mountain; mtwy motorway; "
    "nck neck; opas overpass; orch orchard; pkwy parkway parkwy pkway pky; pl place; "
    "pln plain; plns plains; plz plaza; pne pine; pnes pines; pr prairie; prt port; "
    "psge passage; pt point; pts points; rd road; rdg ridge; rds roads; riv river; "
    "rnch ranch; rpds rapids; rte route; shl shoal; shr shore; shrs shores; skwy skyway; "
    "smt summit; spg spring; spgs springs; sq square sqr; st saint street str strt; "
    "sta station; strm stream; ter terrace terr; tpke turnpike trnpk; trak track; "
    "trce trace; trfy trafficway; trl trail; trwy throughway; tunl tunnel; un union; "
    "upas underpass; via viaduct; vis vista; vl ville; vlg village; vly valley; vw view; "
    "vws views; wls wells; xing crossing; xrd crossroad; "
    // Numbers of streets.
    "1st first; 2nd second; 3rd third; 4th fourth; 5th fifth; 6th sixth; 7th seventh; "
    "8th eighth; 9th ninth; 10th tenth; 11th eleventh; 12th twelfth; ";

using Words = absl::flat_hash_map<std::string, std::string>;

Words Read() {
  Words words;
  for (const absl::string_view entry : absl::StrSplit(kWords, "; ", absl::SkipEmpty())) {
    const std::vector<std::string> all = absl::StrSplit(entry, ' ');
    for (size_t i = 1; i < all.size(); ++i) words[all[i]] = all[0];
  }
  return words;
}

}  // namespace

std::string_view Abbreviation(std::string_view word) {
  static const Words& words = *new Words(Read());
  const auto found = words.find(std::string(word));
  return found == words.end() ? word : std::string_view(found->second);
}

}  // namespace portico::account
