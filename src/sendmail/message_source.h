// SPDX-License-Identifier: GPL-3.0-or-later
// The message as it comes from standard input, in pieces. A read error is never the end of a
// message.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "mail/message_input.h"

namespace mailchute::sendmail {

class MessageSource {
 public:
  // Does not own `fd`, which may be non-blocking.
  MessageSource(int fd, bool ignore_dots);

  // Text with LF line ends, borrowed until the next call; empty at the end of the message. Errors
  // are of kind io.
  Result<std::string_view> next();
  // False when next() would have to wait for longer than this.
  bool wait(Milliseconds span) const;

 private:
  int fd_;
  mail::MessageInput input_;
  std::unique_ptr<char[]> buffer_;
  std::string text_;
  bool finished_ = false;
};

}  // namespace mailchute::sendmail
