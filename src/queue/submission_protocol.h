// SPDX-License-Identifier: GPL-3.0-or-later
// An entry on its way over the submission socket, where the drop directory cannot be used.
//
//   front end                            daemon
//   MAILCHUTE 1 SUBMIT ID ENVELOPE
//   the envelope as in format.h,         GO ID       there is room: the message may come; who has
//     ENVELOPE octets                                all of it in hand need not wait for this
//   DATA LENGTH, LENGTH octets of it     ERROR KIND TEXT   at any time; nothing is queued
//   ...
//   END MESSAGE DIGEST                   OK ID       it is queued, and durable
//
//   MAILCHUTE 1 ASK ID                   OK ID       an entry of yours with this id is queued
//
// Lines end with LF, lengths are octets, DIGEST is that of format.h. DATA 0 says only that somebody
// is still there. A connection that ends before END has submitted nothing. The number behind
// MAILCHUTE is the protocol's version; ERROR lines are the same in all of them.
//
// Whoever speaks here may be hostile: the reader below holds at most a line, or an envelope as long
// as was announced and allowed, and gives the same answer however the octets are cut.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"
#include "mail/envelope.h"
#include "queue/entry_file.h"

namespace mailchute::queue {

inline constexpr std::size_t kMaxPiece = 64 << 10;  // of the message, in one DATA
inline constexpr std::size_t kMaxAnswer = 2048;     // octets of an answer's line

std::string format_submit(std::string_view id, std::uint64_t envelope_length);
std::string format_ask(std::string_view id);
std::string format_data(std::uint64_t length);
std::string format_end(std::uint64_t message_length, const Digest& digest);

std::string format_go(std::string_view id);
std::string format_ok(std::string_view id);
// `busy`: no room at the moment, worth trying again in a moment.
std::string format_error(const Error& error, bool busy = false);

struct SubmissionAnswer {
  enum class What { go, ok, busy, error };
  What what;
  Error error{Error::Kind::protocol, {}};  // for busy and error
};
// One line without its LF, about the entry `id`; what is not understood is an error.
SubmissionAnswer parse_answer(std::string_view line, std::string_view id);

// The daemon's ear.
class SubmissionReader {
 public:
  struct More {};  // nothing to be done before more octets come
  struct Ask {
    std::string id;
  };                  // the last event
  struct Announced {  // an envelope of that length comes next
    std::string id;
    std::uint64_t envelope_length;
  };
  struct Begin {
    mail::Envelope envelope;
  };
  struct Octets {
    std::string_view octets;
  };  // of the message, borrowed from the input
  struct End {
    EntrySum sum;
  };  // the last event; the length agrees, the digest is the caller's
  using Event = std::variant<More, Ask, Announced, Begin, Octets, End>;

  // Takes from the front of the input what makes the next event. An error is the last event, too.
  Result<Event> next(std::string_view& input);

 private:
  enum class Stage { first_line, envelope, line, octets, over };
  Result<Event> on_line(std::string_view line);
  Result<Event> on_first_line(std::string_view line);
  Result<Event> on_end(std::string_view words);
  Result<Event> take_envelope(std::string_view& input);

  Stage stage_ = Stage::first_line;
  std::string held_;  // of a line or of the envelope
  std::uint64_t envelope_length_ = 0;
  std::uint64_t left_ = 0;  // of the octets of this DATA
  std::uint64_t message_length_ = 0;
};

}  // namespace mailchute::queue
