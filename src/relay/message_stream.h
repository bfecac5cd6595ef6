// SPDX-License-Identifier: GPL-3.0-or-later
// The text of a message as it is sent, in pieces: what stands in place of its header, then the rest
// as it is on disk; and the same made acceptable (mail/mime_converter.h) where that is planned.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "mail/mime_converter.h"
#include "queue/entry.h"
#include "relay/outgoing.h"

namespace mailchute::relay {

// The message outlives both, and stays where it is.
class MessageText {
 public:
  explicit MessageText(const Outgoing& message);
  // Empty at the end; see queue::Entry::Reader for errors.
  Result<std::string_view> next();

 private:
  queue::Entry::Reader reader_;
  std::string_view head_;  // what is sent instead of `skip_` octets, until it is handed out
  std::size_t skip_ = 0;
};

class MessageStream {
 public:
  explicit MessageStream(const Outgoing& message);
  Result<std::string_view> next();  // empty at the end

 private:
  MessageText text_;
  std::optional<mail::MimeConverter> converter_;  // until it has said its last
  std::string converted_;
};

}  // namespace mailchute::relay
