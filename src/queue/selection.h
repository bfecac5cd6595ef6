// SPDX-License-Identifier: GPL-3.0-or-later
// Which entries of the queue are meant, for all that looks at them or acts on them. Pure: what is
// read of an entry goes in, yes or no comes out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "mail/address_pattern.h"
#include "queue/listing.h"
#include "queue/request_words.h"

namespace mailchute::queue {

// As it is said. Of one kind any will do, of all kinds that are given each must; nothing given is
// every entry.
struct Selection {
  std::vector<std::string> ids;  // or beginnings of ids
  std::vector<std::string> senders, recipients;
  std::vector<std::string> reasons;  // parts of why it is where it is, without case
  std::vector<Place> places;
  std::optional<Time> before, since;  // arrived
  bool empty() const { return *this == Selection(); }
  bool operator==(const Selection&) const = default;
};

// An id, or the beginning of one, as people write it.
std::string as_id(std::string_view word);
// So many characters at least begin an id.
inline constexpr std::size_t kShortestPrefix = 4;

std::vector<Word> words_of(const Selection& selection);
// What is not understood is never left out: an error of kind data.
Result<Selection> selection_of(const std::vector<Word>& words);

// "*@example.org" and the like (mail/address_pattern.h); "@example.org" is anybody there, "root"
// and "root@" are root anywhere, "<>" the null reverse-path. Case does not matter.
class PathPattern {
 public:
  static Result<PathPattern> parse(std::string_view text);
  bool matches(std::string_view path) const;

 private:
  std::optional<mail::AddressPattern> pattern_;  // none: the null reverse-path
};

class Selector {
 public:
  // An error of kind data says which pattern is none, or which id is too short.
  static Result<Selector> of(const Selection& selection);

  // False: no such entry is meant, whatever its file says. `place`: where it lies, waiting for
  // cur/.
  bool may_match(std::string_view id, Place place, Time arrival) const;
  bool matches(const Listed& entry) const;

 private:
  bool named(std::string_view id) const;
  bool in_time(Time arrival) const;

  std::vector<std::string> ids_;  // in order
  std::vector<PathPattern> senders_, recipients_;
  std::vector<std::string> reasons_;  // in lower case
  std::vector<Place> places_;
  std::optional<Time> before_, since_;
};

}  // namespace mailchute::queue
