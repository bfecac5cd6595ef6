// SPDX-License-Identifier: GPL-3.0-or-later
// One entry in cur/, open and checked. Where the message is small it is in memory; a large one is
// read again in pieces, with a digest running along, while it is sent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "queue/format.h"
#include "sys/unique_fd.h"

namespace mailchute::queue {

// What one pass over the message found out; never taken from what a submitter claims.
struct MessageFacts {
  std::uint64_t length = 0;        // octets on disk
  std::uint64_t lines = 0;         // LFs
  std::uint64_t longest_line = 0;  // octets without line end
  bool eight_bit = false;          // octets above 127
  bool nul = false;
  std::uint64_t wire_size() const { return length + lines; }  // RFC 1870, 6: CRLF counted, dots not
};

class Entry {
 public:
  // At or below this size the text is held in memory: most alerts are a few kilobytes, and an
  // entry of 64 KiB costs less than a connection's buffers.
  static constexpr std::uint64_t kInMemory = 64 << 10;

  const std::string& id() const { return id_; }
  const mail::Envelope& envelope() const { return head_.envelope; }
  const Progress& progress() const { return head_.progress; }
  RecipientStatus status(std::size_t recipient) const;
  std::uint32_t owner() const { return owner_; }  // of the file: the submitter, or the daemon's uid
  bool own() const { return !head_.progress.status.empty(); }
  const MessageFacts& facts() const { return facts_; }

  // Where the message is small: all of it.
  const std::optional<std::string>& text() const { return text_; }

  // Reads a large message from the start in pieces.
  class Reader {
   public:
    explicit Reader(const Entry& entry);
    // Up to 64 KiB; empty at the end, where the digest must agree: an error of kind data says
    // that the file is not what was checked, and what was read must not be delivered.
    Result<std::string_view> next();

   private:
    const Entry* entry_;
    std::string buffer_;
    std::uint64_t offset_;
    std::uint64_t left_;
    DigestBuilder digest_;
  };

 private:
  friend class Queue;
  std::string id_;
  sys::UniqueFd file_;
  Head head_;
  MessageFacts facts_;
  std::optional<std::string> text_;
  std::string envelope_text_;  // as on disk: the digest runs over it
  std::uint32_t owner_ = 0;
};

}  // namespace mailchute::queue
