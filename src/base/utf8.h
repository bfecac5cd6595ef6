// SPDX-License-Identifier: GPL-3.0-or-later
// UTF-8 as RFC 3629 has it: shortest form only, no surrogates, nothing above U+10FFFF.
#pragma once

#include <string_view>

namespace mailchute {

bool is_utf8(std::string_view text);

}  // namespace mailchute
