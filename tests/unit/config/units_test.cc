// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/units.h"

#include <gtest/gtest.h>

namespace mailchute::config {
namespace {

struct Case {
  std::string_view text;
  std::optional<std::uint64_t> value;
};

TEST(Units, Spans) {
  const Case cases[] = {
      {"90", 90},
      {"90s", 90},
      {"15m", 900},
      {"4h", 14400},
      {"5d", 432000},
      {"2w", 1209600},
      {"1h30m", 5400},
      {"1D", 86400},
      {"0", 0},
      {"", {}},
      {"m", {}},
      {"5 d", {}},
      {"-5", {}},
      {"5days", {}},
      {"1.5h", {}},
      {"5y", {}},
      {"h5", {}},
      {"18446744073709551616", {}},
      {"18446744073709551615w", {}},
      {" 5", {}},
      {"99999999999999w", {}},
  };
  for (const Case& c : cases) EXPECT_EQ(parse_span(c.text), c.value) << c.text;
}

TEST(Units, Sizes) {
  const Case cases[] = {
      {"0", 0},
      {"500000", 500000},
      {"512K", 524288},
      {"100M", 104857600},
      {"1G", 1 << 30},
      {"1g", 1 << 30},
      {"", {}},
      {"M", {}},
      {"1MB", {}},
      {"1M1K", {}},
      {"-1", {}},
      {"1T", {}},
      {"18446744073709551615G", {}},
      {"1125899906842624", 1ULL << 50},
      {"1125899906842625", {}},
  };
  for (const Case& c : cases) EXPECT_EQ(parse_size(c.text), c.value) << c.text;
}

}  // namespace
}  // namespace mailchute::config
