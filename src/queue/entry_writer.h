// SPDX-License-Identifier: GPL-3.0-or-later
// Writes one entry into the drop directory: tmp/ID, fsync, rename to new/ID, fsync. When commit()
// has returned an id the message survives a power cut; in every other case nothing is left of it.
// Needs no right but to create files in tmp/ and new/, works under any umask, and holds at most
// 64 KiB of the message in memory; a small message is written with one write(2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "mail/envelope.h"
#include "queue/format.h"
#include "sys/unique_fd.h"

namespace mailchute::queue {

class EntryWriter {
 public:
  // `directory` is the queue's path. The file is made now, so that trouble shows before the message
  // is read; a queue that is not there at all is an error of kind `unavailable`. `id` comes from
  // new_queue_id().
  static Result<EntryWriter> create(const std::string& directory, std::string id);

  EntryWriter(EntryWriter&&) noexcept;
  EntryWriter& operator=(EntryWriter&&) = delete;
  ~EntryWriter();

  const std::string& id() const { return id_; }

  // Once, before the first write(). An error of kind data: check_envelope() says why.
  Result<> begin(const mail::Envelope& envelope);
  // Octets of the message, LF line ends.
  Result<> write(std::string_view octets);
  std::uint64_t message_length() const { return message_length_; }

  // After an error nothing is left, and the writer is of no further use.
  Result<> commit();

 private:
  EntryWriter(sys::UniqueFd queue, sys::UniqueFd file, std::string id);
  Result<> flush();
  Result<> put_entry_line();

  sys::UniqueFd queue_;
  sys::UniqueFd file_;
  std::string id_;
  std::string draft_;                    // the file's name as long as it must not stay
  std::string buffer_;                   // begins with the Entry line as long as nothing is on disk
  std::optional<DigestBuilder> digest_;  // of what is on disk, as soon as something is
  std::uint64_t envelope_length_ = 0;
  std::uint64_t message_length_ = 0;
};

}  // namespace mailchute::queue
