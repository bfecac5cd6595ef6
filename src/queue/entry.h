// SPDX-License-Identifier: GPL-3.0-or-later
// One entry in cur/, open and checked. Where the message is small it is in memory; a large one is
// read again in pieces, with a digest running along, while it is sent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

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
  bool eight_bit_header = false;   // before the first empty line
  bool nul = false;
  bool cr = false;
  std::uint64_t wire_size() const { return length + lines; }  // RFC 1870, 6: CRLF counted, dots not
};

// An owner that is nobody: where a uid cannot be mapped into a user namespace the kernel shows
// this.
inline constexpr std::uint32_t kOverflowUid = mail::kUnknownUid;

// What a file must be like to count as an entry.
struct Terms {
  std::uint32_t daemon;                     // its uid
  std::uint32_t group;                      // of the queue
  std::optional<std::uint64_t> size_limit;  // of a submitter's message
  bool submitted_only = false;              // the daemon's own files have no business here either
};

// Why a file is none.
struct Refusal {
  enum class Kind {
    gone,   // no such name
    later,  // a lease, or trouble that is not the file's
    junk,   // nothing that EntryWriter makes: not regular, links, wrong mode or group
    too_large,
    damaged,  // head, lengths or digest are wrong
  };
  Kind kind;
  std::string reason;
  std::uint32_t owner = kOverflowUid;
};

// Reads from an open file until the head is there: `start` is what was read.
tl::expected<Head, Refusal> read_head(int fd, std::uint64_t file_size, std::string_view name,
                                      std::string& start);

// Whether one of whom there is still something to do.
inline bool is_open(RecipientStatus status) {
  return status == RecipientStatus::to_do || status == RecipientStatus::possibly_delivered;
}
// Of several: whether one of them is.
inline bool has_open(std::string_view status) {
  return status.find_first_of("-?") != std::string_view::npos;
}

// Recipients of whom the sender is still to be told: that they failed, were served by a smart host
// that will not tell, or have to wait.
std::vector<std::size_t> owed(const Progress& progress, const mail::Envelope& envelope);

class Entry {
 public:
  // At or below this size the text is held in memory: most alerts are a few kilobytes, and an
  // entry of 64 KiB costs less than a connection's buffers.
  static constexpr std::uint64_t kInMemory = 64 << 10;

  // Opens and checks all of it, digest included.
  static tl::expected<Entry, Refusal> open(int folder, const std::string& id, const Terms& terms);

  const std::string& id() const { return id_; }
  const mail::Envelope& envelope() const { return head_.envelope; }
  const Progress& progress() const { return head_.progress; }
  // The same of the daemon's copy, which there may not be yet.
  Progress own_progress() const;
  RecipientStatus status(std::size_t recipient) const;
  std::vector<std::size_t> owed() const { return queue::owed(head_.progress, head_.envelope); }
  // Of the file that was submitted, also where this is the daemon's copy of it; what the front end
  // said is envelope().uid.
  std::uint32_t owner() const { return owner_; }
  bool own() const { return !head_.progress.status.empty(); }
  const MessageFacts& facts() const { return facts_; }

  // In place of a recipient that is to do, these, at least one. Nothing is written: the next
  // record() that has anything to write does. An error of kind data: too many, or too long; nothing
  // is changed.
  struct Readdressed {
    std::size_t recipient;
    std::vector<mail::Recipient> to;
  };
  Result<> readdress(const std::vector<Readdressed>& changes);

  // Where the message is small: all of it.
  const std::optional<std::string>& text() const { return text_; }

  // Reads the message from the start in pieces. The entry must stay where it is meanwhile, and
  // record() and hold() must wait.
  class Reader {
   public:
    explicit Reader(const Entry& entry);
    // Up to 64 KiB; empty at the end. The last piece is handed out only if the digest agrees: an
    // error of kind data says that the file is not what was checked, and what was read of it must
    // not be delivered.
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
  using Checked = tl::expected<void, Refusal>;
  Checked take_head(std::uint64_t file_size);
  Checked read_message();

  std::string id_;
  sys::UniqueFd file_;
  Head head_;
  MessageFacts facts_;
  std::optional<std::string> text_;
  std::string envelope_text_;  // as on disk: the digest runs over it
  bool readdressed_ = false;   // the envelope is not what is on disk
  std::uint32_t owner_ = 0;
};

}  // namespace mailchute::queue
