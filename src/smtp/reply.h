// SPDX-License-Identifier: GPL-3.0-or-later
// Replies (RFC 5321, 4.2): three digits, a hyphen or a space, text; several lines with one code.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "mail/status_code.h"

namespace mailchute::smtp {

struct Reply {
  int code = 0;                    // 200 to 599
  std::vector<std::string> lines;  // without code and line end, the enhanced code left in

  bool completed() const { return code / 100 == 2; }
  bool intermediate() const { return code / 100 == 3; }
  bool transient() const { return code / 100 == 4; }
  bool permanent() const { return code / 100 == 5; }
  std::optional<mail::StatusCode> enhanced() const;
  // "550 5.1.1 who?": the lines joined by blanks, for logs and people; an enhanced code that every
  // line repeats stands there once.
  std::string text() const;
  bool operator==(const Reply&) const = default;
};

// RFC 5321, 4.5.3.1.5 allows 512 octets a line; servers send more. A reply beyond the bounds, a
// line that does not begin with a code, or codes that differ within one reply break the protocol.
inline constexpr std::size_t kMaxReplyLine = 4096;
inline constexpr std::size_t kMaxReplyLines = 128;

// Octets in, replies out; the same answer however the octets are cut. LF alone ends a line, too.
class ReplyParser {
 public:
  void feed(std::string_view octets);
  // The next whole reply, nothing when octets are missing, an error of kind protocol once the
  // stream cannot be understood any more (and from then on).
  Result<std::optional<Reply>> next();
  bool empty() const;  // nothing half-read
  void clear();

 private:
  // A reply when the line was its last; sets broken_ when it cannot be understood.
  std::optional<Reply> take_line(std::string_view text);

  std::string buffer_;
  std::size_t taken_ = 0;
  Reply partial_;
  std::optional<Error> broken_;
};

}  // namespace mailchute::smtp
