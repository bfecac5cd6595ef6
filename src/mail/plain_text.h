// SPDX-License-Identifier: GPL-3.0-or-later
// UTF-8 text for people to read in a message: what other people or machines have written cannot
// start a line of its own, move a cursor or turn the direction of writing.
#pragma once

#include <string>
#include <string_view>

namespace mailchute::mail {

// One line: controls (C0, C1, line and paragraph separators, marks of direction) become blanks,
// runs of blanks one, none at the ends. `text` is UTF-8.
std::string one_line(std::string_view text);

// At most so many characters, "..." included where something was cut. `text` is UTF-8.
std::string shortened(std::string_view text, std::size_t characters);

// Lines of at most 72 characters, broken at blanks, each with `indent` before it and LF behind it.
// A longer word has a line of its own. `text` is UTF-8.
std::string wrapped(std::string_view text, std::string_view indent = {});

}  // namespace mailchute::mail
