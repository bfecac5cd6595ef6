// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/log.h"

#include <utility>

#include "base/text.h"

namespace mailchute {
namespace {

bool needs_quotes(std::string_view value, std::string_view escaped_value) {
  return value.empty() || value != escaped_value ||
         value.find_first_of(" \"=") != std::string_view::npos;
}

void append_value(std::string& line, std::string_view value) {
  const std::string safe = escaped(value);
  if (!needs_quotes(value, safe)) {
    line += safe;
    return;
  }
  line += '"';
  for (const char c : safe) {
    if (c == '"') line += '\\';
    line += c;
  }
  line += '"';
}

}  // namespace

Event::Event(std::string_view name, Severity severity) : severity_(severity), text_(name) {}

Event&& Event::with(std::string_view key, std::string_view value) && {
  text_.append(" ").append(key).append("=");
  append_value(text_, value);
  return std::move(*this);
}

Event&& Event::with(std::string_view key, std::uint64_t value) && {
  return std::move(*this).with(key, std::string_view(std::to_string(value)));
}

}  // namespace mailchute
