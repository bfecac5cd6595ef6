// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/header.h"

#include <algorithm>

#include "base/text.h"

namespace mailchute::mail {
namespace {

// A line has at most 998 octets (RFC 5322, 2.1.1), so a name has fewer.
constexpr std::size_t kMaxName = 998;

bool is_name_octet(char c) { return c > 32 && c < 127 && c != ':'; }

enum class Shape { unknown, field, other };

// What the start of a line says of it: a name, blanks (obsolete), a colon.
Shape shape_of(std::string_view line) {
  const std::string_view start = line.substr(0, kMaxName + 1);
  const auto name_end = std::find_if_not(start.begin(), start.end(), is_name_octet);
  const auto colon = std::find_if_not(name_end, start.end(), is_blank);
  if (colon == start.end()) return start.size() > kMaxName ? Shape::other : Shape::unknown;
  return *colon == ':' && name_end != start.begin() ? Shape::field : Shape::other;
}

bool is_mbox_line(std::string_view line) {
  return line.starts_with("From ") || line.starts_with(">From ");
}

// An unfinished line that may become one of the above.
bool may_be_mbox_line(std::string_view line) {
  return is_mbox_line(line) || std::string_view("From ").starts_with(line) ||
         std::string_view(">From ").starts_with(line);
}

}  // namespace

std::string_view field_name(std::string_view raw) { return trim(raw.substr(0, raw.find(':'))); }

std::string_view field_body(std::string_view raw) {
  std::string_view body = raw.substr(raw.find(':') + 1);
  if (body.ends_with('\n')) body.remove_suffix(1);
  return body;
}

bool is_field(std::string_view raw, std::string_view name) {
  return equal_ignoring_case(field_name(raw), name);
}

bool is_field_line(std::string_view line) { return shape_of(line) == Shape::field; }

std::string_view Field::name() const { return field_name(raw); }
std::string_view Field::body() const { return field_body(raw); }
bool Field::is(std::string_view other_name) const { return is_field(raw, other_name); }

bool Header::has(std::string_view name) const {
  return std::any_of(fields.begin(), fields.end(),
                     [name](const Field& field) { return field.is(name); });
}

std::string Header::text() const {
  std::string text;
  for (const Field& field : fields) text += field.raw;
  return text;
}

Result<> HeaderReader::feed(std::string_view text) {
  buffer_.append(text);
  while (!ended_) {
    const std::size_t end = buffer_.find('\n', scanned_);
    if (end == std::string::npos) break;
    take_line(end + 1);
  }
  if (!ended_) look_at_unfinished_line();
  if (total_ + (ended_ ? 0 : buffer_.size() - line_) <= kMaxHeader) return {};
  return failure(Error::Kind::data, "header larger than " + std::to_string(kMaxHeader >> 20) +
                                        " MiB; is the blank line after it missing?");
}

// No need to wait for the end of a line that can be no field.
void HeaderReader::look_at_unfinished_line() {
  scanned_ = buffer_.size();
  const std::string_view line = std::string_view(buffer_).substr(line_);
  const bool first = header_.fields.empty();
  const bool folded = !line.empty() && is_blank(line[0]) && !first;
  if (folded || (first && may_be_mbox_line(line))) return;
  if (shape_of(line) == Shape::other) start_body();
}

void HeaderReader::count(std::string_view line) {
  total_ += line.size();
  ++lines_;
}

// `end` is behind the line end.
void HeaderReader::take_line(std::size_t end) {
  const std::string_view line = std::string_view(buffer_).substr(line_, end - line_);
  const bool first = header_.fields.empty();
  scanned_ = end;
  if (line == "\n") {
    mbox_ = 0;
    line_ = end;
    ended_ = true;
  } else if (is_blank(line[0]) && !first) {
    header_.fields.back().raw.append(line);
    count(line);
    line_ = end;
  } else if (shape_of(line) == Shape::field) {
    header_.fields.push_back(Field{std::string(line)});
    mbox_ = 0;
    count(line);
    line_ = end;
  } else if (first && is_mbox_line(line)) {
    mbox_ = line_ = end;
    count(line);
  } else {
    return start_body();
  }
  if (line_ > (64 << 10) && mbox_ == 0) {  // not at each line: that would be quadratic
    buffer_.erase(0, line_);
    scanned_ -= line_;
    line_ = 0;
  }
}

// A text that merely begins with the word "From" has no field behind it: nothing of it is lost.
void HeaderReader::start_body() {
  if (header_.fields.empty()) {
    line_ -= mbox_;
    total_ = lines_ = 0;
  }
  ended_ = true;
}

void HeaderReader::finish() {
  if (!ended_) start_body();
}

}  // namespace mailchute::mail
