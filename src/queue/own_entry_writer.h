// SPDX-License-Identifier: GPL-3.0-or-later
// Writes one entry as a file of the daemon's own, with its status octets: what comes in through a
// socket, and notifications. Queue::create() makes it in work/, Queue::commit() moves it to cur/;
// without that nothing is left of it. Many may be open at once, so each holds 16 KiB at most.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "mail/envelope.h"
#include "queue/entry_file.h"

namespace mailchute::queue {

class OwnEntryWriter {
 public:
  const std::string& id() const { return id_; }

  // As EntryFile's. What finish() returns is what the submitter must have sent, where he says so.
  Result<> begin(const mail::Envelope& envelope);
  Result<> write(std::string_view octets) { return file_.write(octets); }
  std::uint64_t message_length() const { return file_.message_length(); }
  Result<EntrySum> finish();

 private:
  friend class Queue;
  // `work` stays open as long as the writer lives.
  static Result<OwnEntryWriter> create(int work, std::string id, std::uint32_t owner);
  OwnEntryWriter(EntryFile file, std::string id, std::uint32_t owner)
      : file_(std::move(file)), id_(std::move(id)), owner_(owner) {}

  EntryFile file_;
  std::string id_;
  std::uint32_t owner_;
  bool finished_ = false;
};

}  // namespace mailchute::queue
