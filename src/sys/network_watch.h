// SPDX-License-Identifier: GPL-3.0-or-later
// Tells that the machine may reach what it could not reach before: a link came up, an address or a
// route was added (rtnetlink(7)). Nothing is sent to find out more; a false alarm costs an attempt.
#pragma once

#include <string_view>

#include "base/error.h"
#include "sys/unique_fd.h"

namespace mailchute::sys {

class NetworkWatch {
 public:
  // An error where a sandbox does not allow it.
  static Result<NetworkWatch> open();

  // Readable when there is something to drain.
  int fd() const { return fd_.get(); }
  // Takes what has come, without waiting. What was lost because nobody took it counts as news.
  bool drain();

 private:
  explicit NetworkWatch(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// Whether one of these messages tells of a new way out; what is no message tells nothing.
bool opens_a_way(std::string_view messages);

}  // namespace mailchute::sys
