// SPDX-License-Identifier: GPL-3.0-or-later
// Writes one entry as a file of the daemon's own, with its status octets: what comes in through a
// socket, and notifications. Queue::create() makes it in work/, Queue::commit() moves it to cur/;
// without that nothing is left of it. Many may be open at once, so each holds 16 KiB at most.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "mail/envelope.h"
#include "queue/entry_file.h"

namespace mailchute::queue {

class OwnEntryWriter {
 public:
  const std::string& id() const { return id_; }

  // As EntryFile's. What finish() returns is what the submitter must have sent, where he says so.
  // Of `digest_of` it is the digest (queue.h).
  Result<> begin(const mail::Envelope& envelope, std::vector<std::string> digest_of = {});
  Result<> write(std::string_view octets) { return file_.write(octets); }
  std::uint64_t message_length() const { return file_.message_length(); }
  Result<EntrySum> finish();
  // The first half of it; sync_together() is the other.
  Result<EntrySum> complete() { return file_.complete(); }

 private:
  friend class Queue;
  friend std::vector<Result<>> sync_together(std::span<OwnEntryWriter* const> writers);
  // `work` stays open as long as the writer lives.
  static Result<OwnEntryWriter> create(int work, std::string id, std::uint32_t owner);
  OwnEntryWriter(EntryFile file, std::string id, std::uint32_t owner)
      : file_(std::move(file)), id_(std::move(id)), owner_(owner) {}

  EntryFile file_;
  std::string id_;
  std::uint32_t owner_;
  bool finished_ = false;
};

// Finishes entries that are complete; a result for each.
std::vector<Result<>> sync_together(std::span<OwnEntryWriter* const> writers);

}  // namespace mailchute::queue
