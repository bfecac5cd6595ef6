// SPDX-License-Identifier: GPL-3.0-or-later
// Enhanced status code, "5.1.1" (RFC 3463, 2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mailchute::mail {

struct StatusCode {
  int status_class = 0;  // 2, 4 or 5
  int subject = 0;       // 0 to 999
  int detail = 0;
  std::string text() const;
  bool operator==(const StatusCode&) const = default;
};

// Takes "5.1.1" from the front, up to a space or the end; leaves `text` alone when there is none.
std::optional<StatusCode> take_status_code(std::string_view& text);

}  // namespace mailchute::mail
