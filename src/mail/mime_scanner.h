// SPDX-License-Identifier: GPL-3.0-or-later
// Takes a message apart while it is read (RFC 2045, RFC 2046, 5.1): the parts in the order in which
// they come, their fields one by one, their bodies in pieces, and what stands between. All octets
// of the message are handed on, in order, so that who changes nothing writes the same message.
// Memory is bounded: one field, one line that may be a delimiter, and the delimiters that are in
// force.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/content_type.h"

namespace mailchute::mail {

struct PartHead {
  enum class Kind {
    leaf,
    multipart,  // parts of its own follow
    message,    // a message follows (RFC 2046, 5.2.1)
    sealed,     // signed or encrypted: not taken apart
    broken,     // cannot be taken apart: no boundary, nested too deep, another kind of message
  };
  Kind kind = Kind::leaf;
  ContentType type;         // the default where the part does not say
  bool has_type = false;    // says so itself
  std::string encoding;     // Content-Transfer-Encoding; empty: none
  bool is_message = false;  // the whole, or what is in message/rfc822
  bool has_mime_version = false;
  bool has_blank_line = false;  // between header and body
};

class MimeVisitor {
 public:
  virtual ~MimeVisitor() = default;
  virtual void on_part() = 0;                       // one begins, inside those that have not ended
  virtual void on_field(std::string_view raw) = 0;  // of its header, with its line end
  virtual void on_head(
      const PartHead& head) = 0;  // those were all; a blank line follows if it says so
  virtual void on_body(std::string_view text) = 0;     // of a part that has no parts
  virtual void on_end() = 0;                           // of the part that began last of those open
  virtual void on_between(std::string_view text) = 0;  // delimiters, preamble and epilogue
};

class MimeScanner {
 public:
  // The visitor outlives it.
  explicit MimeScanner(MimeVisitor& visitor) : visitor_(visitor) {}

  // Text with LF line ends, cut anywhere.
  void feed(std::string_view text);
  void finish();

 private:
  enum class State { header, body, between };
  struct Open {            // a part that has begun and not ended
    std::string boundary;  // of a multipart whose parts have not all been seen
    bool digest = false;
  };

  bool gathers() const { return state_ == State::header || (at_line_start_ && watches_); }
  std::size_t gather(std::string_view text);
  bool may_be_delimiter() const;
  void take_line();
  void take_header_line();
  std::size_t take_text(std::string_view text);
  void put(std::string_view text);
  void put_held();
  void begin_part(bool is_message, bool in_digest);
  void end_field();
  void end_header(bool blank_line);
  PartHead::Kind kind_of(const PartHead& head) const;
  void note(std::string_view raw);
  bool take_delimiter(std::string_view line);
  void close_down_to(std::size_t part);

  MimeVisitor& visitor_;
  State state_ = State::header;
  std::vector<Open> open_;      // outermost first; the last is the one being read
  PartHead head_;               // of it
  std::string field_;           // being gathered
  std::string line_;            // the start of a line that must be seen whole
  bool line_end_held_ = false;  // it belongs to the delimiter, if one follows
  bool at_line_start_ = true;
  bool watches_ = false;  // some delimiter is in force
};

}  // namespace mailchute::mail
