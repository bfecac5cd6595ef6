// SPDX-License-Identifier: GPL-3.0-or-later
// RFC 3461, 4: text as a parameter of an SMTP command.
#pragma once

#include <string>
#include <string_view>

namespace mailchute::mail {

bool is_xtext(std::string_view text);
std::string to_xtext(std::string_view text);

}  // namespace mailchute::mail
