// SPDX-License-Identifier: GPL-3.0-or-later
// One entry as a file that is being written from front to back: what format.h describes, with the
// Entry line filled in at the end. A small entry is one write(2); a large one is never in memory as
// a whole. The file is gone again unless keep() says otherwise.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "mail/envelope.h"
#include "queue/format.h"
#include "sys/unique_fd.h"

namespace mailchute::queue {

// What the Entry line says.
struct EntrySum {
  std::uint64_t envelope;  // octets
  std::uint64_t message;
  Digest digest;  // over both
  bool operator==(const EntrySum&) const = default;
};

class EntryFile {
 public:
  // A new file with this mode under any umask. `directory` stays open as long as the object lives;
  // at most `buffer` octets wait in memory to be written.
  static Result<EntryFile> create(int directory, std::string name, mode_t mode, std::size_t buffer);

  EntryFile(EntryFile&&) noexcept;
  EntryFile& operator=(EntryFile&&) = delete;
  ~EntryFile();

  int fd() const { return file_.get(); }
  const std::string& name() const { return name_; }

  // Once, before the first write(). An error of kind data: check_envelope() says why.
  Result<> begin(const mail::Envelope& envelope, const Progress& progress = {});
  // Octets of the message, LF line ends.
  Result<> write(std::string_view octets);
  std::uint64_t message_length() const { return message_length_; }
  // Everything is in the file, and durable as far as its name is.
  Result<EntrySum> finish();
  // The same but for the sync.
  Result<EntrySum> complete();

  // The message as far as write() has taken it, for who has to put it elsewhere after an error of
  // write() or finish(); what write() refused is not in it. An error that is not the sink's: the
  // file does not give back what was written, and what the sink got counts for nothing.
  using Sink = std::function<Result<>(std::string_view)>;
  Result<> replay(const Sink& sink) const;

  std::uint64_t envelope_offset() const { return line_offset_ + kEntryLineLength; }
  std::uint64_t message_offset() const { return envelope_offset() + envelope_length_; }

  void renamed(std::string name) { name_ = std::move(name); }
  void keep() { name_.clear(); }
  sys::UniqueFd release() {
    keep();
    return std::move(file_);
  }

 private:
  EntryFile(int directory, std::string name, sys::UniqueFd file, std::size_t buffer);
  Result<> append(std::string_view octets);
  Result<> flush();
  Result<> read_back(const Sink& sink) const;

  int directory_;
  std::string name_;
  sys::UniqueFd file_;
  std::size_t limit_;
  std::string buffer_;                   // begins with the head as long as nothing is on disk
  std::optional<DigestBuilder> digest_;  // of what is on disk, as soon as something is
  std::uint64_t flushed_ = 0;            // octets on disk, the head included
  std::uint64_t line_offset_ = 0;        // of the Entry line
  std::uint64_t envelope_length_ = 0;
  std::uint64_t message_length_ = 0;
};

}  // namespace mailchute::queue
