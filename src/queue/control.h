// SPDX-License-Identifier: GPL-3.0-or-later
// Asking the daemon over its control socket. A request is one line, the answer is data lines, each
// behind a blank, and a last line "OK ..." or "ERROR ...". An answer without its last line is no
// answer: half a queue is never shown as a whole one.
//
//   LIST [TIME/ID] [WORDS]
//                        the entries that the asker may see, oldest first; those behind that one,
//                        and those that the words select (selection.h)
//                        OK requests=N octets=M [next=TIME/ID] [alarm=TIME TEXT]: the list goes on
//                        behind it; and mail is broken since then, escaped to the end of the line
//   SHOW ID              KEY=VALUE (details.h); the beginning of an id will do, of 4 characters
//   STATUS               KEY=VALUE
//   RETRY *, RETRY ID... OK messages=N
//   HOLD, RELEASE, BOUNCE, REMOVE WORDS
//                        for administrators: ID done, ID later WHY or ID refused WHY for each id;
//                        reason=TEXT, sender=NEW, old=ADDRESS new=ADDRESS where they belong.
//                        Messages in a transaction are waited for; later: it lasts too long
//   EXPORT id=ID<tab>offset=N
//                        for administrators: a piece of the entry's file, escaped; OK octets=N of
//                        all of it
//   RELOAD               OK done; OK refused behind the mistakes of the configuration, a line each,
//                        escaped; OK later behind the reason why it cannot be done yet
//
// A long list comes in pages, so that who is slow to read it costs the daemon nothing. A line
// "WAIT" says that the answer is being worked out. WORDS are those of request_words.h, between
// tabs; one that is not understood refuses the request. Keys and words of an answer that a reader
// does not know are for newer ones.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "queue/details.h"
#include "queue/listing.h"
#include "queue/request_words.h"
#include "queue/selection.h"

namespace mailchute::queue {

struct Answer {
  std::vector<std::string> lines;  // without the blank
  std::string summary;             // behind OK
};

// For each line of an answer.
inline constexpr Milliseconds kPatience{10000};

// Room for the names of two thousand messages.
inline constexpr std::size_t kMaxRequest = 64 << 10;

// Kind temporary: no daemon, or no answer in time; rejected: the daemon's ERROR; usage: a request
// that is too long for it.
Result<Answer> ask(const std::string& socket, std::string_view request,
                   Milliseconds patience = kPatience);

// The whole queue, dead letters not counted, whatever the asker may see of it.
struct Totals {
  std::uint64_t requests = 0;
  std::uint64_t octets = 0;
};

// That mail is broken.
struct Alarm {
  Time since{};
  std::string text;  // empty: it is not
};

// Calls back with one entry after the other; an error comes behind the entries before it.
Result<Totals> ask_for_entries(const std::string& socket, const std::function<void(Listed)>& entry,
                               const Selection& selection = {}, Alarm* alarm = nullptr);
Result<Details> ask_for_details(const std::string& socket, const std::string& id);
Result<std::map<std::string, std::string>> ask_for_status(const std::string& socket);

// What became of each message that somebody wanted something done to, as the daemon says it.
struct Acted {
  enum class What { done, later, refused };
  std::string id;
  What what;
  std::string text;  // for a person, where there is something to say
};
// `verb` in lower case; the ids make a request of 64 KiB at most. What is done is durable then, and
// what is later was not by then.
Result<std::vector<Acted>> ask_to_act(const std::string& socket, std::string_view verb,
                                      std::vector<Word> words, std::span<const std::string> ids);
// Of an entry's file, from an offset on: no octets at its end.
struct Piece {
  std::string octets;
  std::uint64_t size = 0;  // of the whole file
};
Result<Piece> ask_for_piece(const std::string& socket, const std::string& id, std::uint64_t offset);
Result<Acted> parse_acted(std::string_view line);

struct Overview {
  std::vector<Listed> shown;  // what the asker may see
  Totals totals;
  Alarm alarm = {};
};
Result<Overview> ask_for_list(const std::string& socket);
// With the daemon down, for who may read the folders.
Result<Overview> read_list(const std::string& directory);

// "OK" line of a page and what LIST goes on behind, and back.
std::string format_totals(const Totals& totals, const Position* next, const Alarm& alarm = {});
struct End {
  Totals totals;
  std::optional<Position> next;
  Alarm alarm = {};
};
Result<End> parse_totals(std::string_view text);
std::optional<Position> parse_position(std::string_view text);

}  // namespace mailchute::queue
