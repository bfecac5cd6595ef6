// SPDX-License-Identifier: GPL-3.0-or-later
// Writing into a Maildir: a message grows in tmp/ and appears in new/ when it is whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "sys/unique_fd.h"

namespace mailchute {

// Anything not delivered leaves no trace.
class MaildirMessage {
 public:
  MaildirMessage(int maildir, std::string name, sys::UniqueFd file);
  MaildirMessage(MaildirMessage&&) noexcept = default;
  ~MaildirMessage();

  Result<> write(std::string_view octets);
  Result<> flush();    // the file has all of it; who wants it durable syncs that before deliver()
  Result<> deliver();  // not synced: after a power cut it may be missing
  int file() const { return file_.get(); }
  const std::string& name() const { return name_; }
  std::uint64_t size() const { return size_; }

 private:
  int maildir_;  // borrowed
  std::string name_;
  sys::UniqueFd file_;  // none once delivered
  std::string buffer_;
  std::uint64_t size_ = 0;
};

class Maildir {
 public:
  // Makes the folder, and tmp, new and cur in it, where they are missing.
  static Result<Maildir> open(const std::string& path, std::string hostname);

  // The Maildir outlives the message.
  Result<MaildirMessage> begin();

 private:
  Maildir(sys::UniqueFd directory, std::string hostname);
  std::string unused_name();

  sys::UniqueFd directory_;
  std::string hostname_;
  std::uint64_t begun_ = 0;
};

}  // namespace mailchute
