// SPDX-License-Identifier: GPL-3.0-or-later
// All that is known of one entry: what `mailchute queue show` shows. Read from the queue, or
// received from the daemon as lines KEY=VALUE; keys that the reader does not know are left to newer
// readers.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "mail/envelope.h"
#include "queue/listing.h"
#include "queue/view.h"

namespace mailchute::queue {

struct Details {
  Listed listed;
  std::string path;
  std::optional<mail::Envelope> envelope;  // none: the entry is damaged
  // Of the message's header, as they stand there but in one line; empty where there is none.
  std::string from;
  std::string subject;
  std::string message_id;
  bool operator==(const Details&) const = default;
};

// Nothing when it is not in the queue.
std::optional<Details> read_details(const View& view, const std::string& directory,
                                    const std::string& id);

// Values are escaped: a line holds no control character but the tabs of format_listed().
std::vector<std::string> format_details(const Details& details);
Result<Details> parse_details(std::span<const std::string> lines);

}  // namespace mailchute::queue
