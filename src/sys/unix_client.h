// SPDX-License-Identifier: GPL-3.0-or-later
// A blocking client of a Unix stream socket that speaks in lines. Nothing waits longer than it was
// told to, and no line is longer than it was told.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "sys/unique_fd.h"

namespace mailchute::sys {

class UnixClient {
 public:
  // `patience` bounds connecting, each send() and each read_line(). An error of kind temporary: it
  // is not there, refuses, or is silent.
  static Result<UnixClient> connect(const std::string& path, Milliseconds patience);

  Result<> send(std::string_view octets);
  // Whether read_line() has something to begin with, be it the end.
  bool has_input() const;
  // Without its LF; nothing when the other side has closed. What it said of an unfinished line is
  // lost.
  Result<std::optional<std::string>> read_line(std::size_t limit);

 private:
  UnixClient(UniqueFd socket, std::string path, Milliseconds patience);
  Result<> wait_for(short events, Instant deadline) const;
  Result<std::size_t> receive(Instant deadline);

  UniqueFd socket_;
  std::string path_;
  Milliseconds patience_;
  std::string buffer_;
  std::size_t taken_ = 0;    // of buffer_
  std::size_t scanned_ = 0;  // no LF between taken_ and this
};

}  // namespace mailchute::sys
