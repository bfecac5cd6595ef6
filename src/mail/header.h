// SPDX-License-Identifier: GPL-3.0-or-later
// The header section of a message (RFC 5322, 2.2) as raw fields, so that what nobody changes stays
// octet for octet, folding and odd spacing included. HeaderReader finds its end while the message
// arrives: a blank line, or the first line that can be no field - then the body starts there, and a
// message without any header is all body.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace mailchute::mail {

struct Field {
  std::string raw;  // "Name: text\n", folded lines included

  std::string_view name() const;
  std::string_view body() const;  // after the colon, without the last line end
  bool is(std::string_view other_name) const;
};

// The same for a field that is only text, and whether a line begins one at all: a name, blanks
// (obsolete), a colon.
std::string_view field_name(std::string_view raw);
std::string_view field_body(std::string_view raw);
bool is_field(std::string_view raw, std::string_view name);
bool is_field_line(std::string_view line);

struct Header {
  std::vector<Field> fields;

  bool has(std::string_view name) const;
  std::string text() const;
};

// A header field beyond this is an attack or an accident; the rest of a message is never held.
inline constexpr std::size_t kMaxHeader = 2 << 20;

class HeaderReader {
 public:
  // Text with LF line ends, cut anywhere. A header longer than kMaxHeader is an error of kind data.
  Result<> feed(std::string_view text);
  // At the end of the message.
  void finish();
  bool ended() const { return ended_; }

  // Once ended: what was read.
  Header& header() { return header_; }
  // What the fields are in the message: octets and lines from its start.
  std::size_t length() const { return total_; }
  std::size_t lines() const { return lines_; }
  // The part of the body that came with the header.
  std::string_view body() const { return std::string_view(buffer_).substr(line_); }

 private:
  void take_line(std::size_t end);
  void count(std::string_view line);
  void look_at_unfinished_line();
  void start_body();

  Header header_;
  std::string buffer_;       // from the first line that is not yet a finished field
  std::size_t line_ = 0;     // start of the line being read, in buffer_
  std::size_t scanned_ = 0;  // no line end before this
  std::size_t total_ = 0;
  std::size_t lines_ = 0;
  std::size_t mbox_ = 0;  // octets of "From " lines at the start of buffer_
  bool ended_ = false;
};

}  // namespace mailchute::mail
