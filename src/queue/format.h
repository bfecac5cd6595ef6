// SPDX-License-Identifier: GPL-3.0-or-later
// A queue entry as octets: first the envelope as header fields, so that any Maildir reader can open
// the queue, then the message with LF line ends exactly as it will be sent.
//
//   Mailchute-Status: -+!?~                the daemon's files only: one octet a recipient
//   Mailchute-Owner: 1000                  there: whose the submitter's file was
//   Mailchute-Notification: 5KX...         there: id of the entry that tells the sender of it
//   Mailchute-Delay: owed                  there: the notice that it takes long; owed, or told
//   Mailchute-Reply: 1 <mail.example.org> 550 5.1.1 who?
//                                          there: of those told of, a recipient's index, which
//                                          smart host was asked, if one was, and what came of it,
//                                          escaped
//   Mailchute-Digest-Of: 5KX... 5KY...     there: ids of the entries that it is a digest of
//   Mailchute-Held: 550 5.7.1 not yours    there: why it waits for an administrator, escaped
//   Mailchute-Entry: 1 ENVELOPE MESSAGE DIGEST
//   Mailchute-Time: 1790000000.123
//   Mailchute-Uid: 1000
//   Mailchute-Sender: <reverse-path>       escaped, '>' too
//   Mailchute-Recipient: <forward-path> EXPANDED NOTIFY=... ORCPT=...      one each
//   Mailchute-Bad-Recipient: <what was written> why it is no address      among them
//   Mailchute-Body: / -Return: / -Envelope-Id: / -Wait: yes       where said
//   Received: ...                          the message, MESSAGE octets
//
// ENVELOPE and MESSAGE are lengths in octets (20 digits each, so that the line can be filled in
// when the rest is written), DIGEST is Poly1305 in hex over both. What stands before the Entry line
// is the daemon's and changes; what stands after it never does. The digest is against tearing, not
// against people: its key is a constant.
//
// Whatever is read here may have been written by hand: every parser is bounded, and a head is
// refused unless the format_...() functions would write the very same octets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "mail/envelope.h"
#include "queue/digest.h"

namespace mailchute::queue {

// Bounds on what is held in memory for one entry. A forward-path has at most 256 octets on the wire
// (RFC 5321, 4.5.3.1.3) but longer ones exist; 50,000 recipients are more than any peer takes.
inline constexpr std::size_t kMaxRecipients = 50000;
inline constexpr std::size_t kMaxAddress = 1024;
inline constexpr std::size_t kMaxDigest = 500;  // its text lists them
inline constexpr std::size_t kMaxProgress = 8 << 20;
inline constexpr std::size_t kMaxEnvelope = 8 << 20;
inline constexpr std::size_t kMaxHead = kMaxProgress + 128 + kMaxEnvelope;  // all but the message

enum class RecipientStatus : char {
  to_do = '-',
  possibly_delivered = '?',  // to do; the reply to an earlier attempt was lost
  done = '+',
  failed = '!',   // and nobody has been told; one of whom the sender was told is done
  relayed = '~',  // done, but the sender wants to hear of that, and nobody else will tell him
};

// Why a recipient is told of.
struct Reply {
  std::size_t recipient;
  std::string text;
  std::string host{};  // empty: no smart host was asked
  bool operator==(const Reply&) const = default;
};

// Of the notice that a message takes long, which comes once.
enum class DelayNotice { none, owed, told };

// What stands before the Entry line.
struct Progress {
  std::string status;  // RecipientStatus octets; empty in a submitter's file
  std::vector<Reply> replies;
  std::string held;                      // empty: not held
  std::uint32_t owner = 0;               // with a status: owner of the file that was submitted
  std::vector<std::string> digest_of{};  // at most kMaxDigest
  // Chosen when the sender is to be told, before the notification is written: whether an entry of
  // this id is there says after a crash whether it was.
  std::string notification{};
  DelayNotice delay = DelayNotice::none;
};

struct Head {
  Progress progress;
  mail::Envelope envelope;
  std::uint64_t status_offset = 0;  // of the first octet of Status in the file
  std::uint64_t envelope_offset = 0;
  std::uint64_t message_offset = 0;
  std::uint64_t message_length = 0;
  Digest digest{};
};

// Why this envelope cannot be queued (an error of kind data): no usable or too many recipients, an
// address that could break out of its line or its angle brackets, parameters that are no xtext.
Result<> check_envelope(const mail::Envelope& envelope);

// format_envelope() of what passes check_envelope() and is not longer than kMaxEnvelope.
Result<std::string> checked_envelope(const mail::Envelope& envelope);

// Replies are cut, and hosts left out, to what kMaxProgress allows for that many recipients.
std::string format_progress(const Progress& progress);
std::string format_envelope(const mail::Envelope& envelope);
std::string format_entry_line(std::uint64_t envelope, std::uint64_t message, const Digest& digest);
inline constexpr std::size_t kEntryLineLength = 94;
// What format_envelope() gave, and nothing else: an error of kind data.
Result<mail::Envelope> parse_envelope(std::string_view text);
std::optional<Digest> parse_digest(std::string_view hex);

// Parses the head from the start of a file of `file_size` octets; `start` holds at least the head
// or the whole file. Lengths must add up to the size of the file; the digest is the caller's.
Result<Head> parse_head(std::string_view start, std::uint64_t file_size);

// How many octets at the start of a file make the head, as its Entry line says. Zero: `start` is
// too short to say; an error: no longer one would be a head.
Result<std::uint64_t> head_length(std::string_view start);

// "1790000000.123": seconds since 1970 with milliseconds.
std::string format_time(Time time);
std::optional<Time> parse_time(std::string_view text);

}  // namespace mailchute::queue
