// SPDX-License-Identifier: GPL-3.0-or-later
// Writes one entry into the drop directory: tmp/ID, fsync, rename to new/ID, fsync. When commit()
// has returned an id the message survives a power cut; in every other case nothing is left of it.
// Needs no right but to create files in tmp/ and new/, works under any umask, and holds at most
// 64 KiB of the message in memory; a small message is written with one write(2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "mail/envelope.h"
#include "queue/entry_file.h"
#include "sys/unique_fd.h"

namespace mailchute::queue {

class EntryWriter {
 public:
  // `directory` is the queue's path. The file is made now, so that trouble shows before the message
  // is read; a queue that is not there at all is an error of kind `unavailable`. `id` comes from
  // new_queue_id().
  static Result<EntryWriter> create(const std::string& directory, std::string id);

  const std::string& id() const { return id_; }

  // As EntryFile's.
  Result<> begin(const mail::Envelope& envelope) { return file_.begin(envelope); }
  Result<> write(std::string_view octets) { return file_.write(octets); }
  std::uint64_t message_length() const { return file_.message_length(); }

  // After an error nothing is left, and the writer is of no further use but for replay().
  Result<> commit();
  // As EntryFile's.
  Result<> replay(const EntryFile::Sink& sink) const { return file_.replay(sink); }

 private:
  EntryWriter(sys::UniqueFd queue, EntryFile file, std::string id)
      : queue_(std::move(queue)), file_(std::move(file)), id_(std::move(id)) {}

  sys::UniqueFd queue_;  // outlives the file
  EntryFile file_;
  std::string id_;
};

}  // namespace mailchute::queue
