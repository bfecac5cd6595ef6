// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/retry.h"

#include <algorithm>

namespace mailchute::relay {

RetryLimits login_limits(const RetryLimits& limits) {
  return {std::max<Seconds>(limits.first, std::chrono::minutes(15)),
          std::max<Seconds>(limits.longest, std::chrono::hours(4))};
}

Milliseconds retry_delay(const RetryLimits& limits, unsigned attempts, double chance) {
  const unsigned doublings = std::min(attempts > 0 ? attempts - 1 : 0, 20u);
  const Milliseconds full =
      std::min<Milliseconds>(limits.first * (1L << doublings), limits.longest);
  const double factor = 0.9 + 0.2 * chance;
  return Milliseconds(static_cast<Milliseconds::rep>(static_cast<double>(full.count()) * factor));
}

}  // namespace mailchute::relay
