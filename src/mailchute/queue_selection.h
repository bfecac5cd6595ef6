// SPDX-License-Identifier: GPL-3.0-or-later
// The options by which every command of `mailchute queue` says which messages it means, and the
// messages themselves.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/settings.h"
#include "queue/control.h"
#include "queue/selection.h"

namespace mailchute {

// As the command line has them.
struct SelectionOptions {
  std::vector<std::string> ids;
  std::vector<std::string> senders, recipients, reasons;
  std::vector<std::string> states;
  std::optional<std::string> older, newer;  // spans
  bool all = false;
};

// An error of kind usage: nothing is meant, or everything and something at a time, or a span is
// none. A script's variable that is not set is a mistake, too, and not a condition that holds for
// everything.
Result<queue::Selection> selection_of(const SelectionOptions& options, Time now,
                                      bool everything_by_default);

// From the daemon or, when it is down, from the folders by who may read them, which standard error
// then says.
Result<queue::Totals> each_entry(const config::Settings& settings,
                                 const queue::Selection& selection,
                                 const std::function<void(const queue::Listed&)>& entry);

// As much of a message as an act needs: there may be very many.
struct Found {
  explicit Found(const queue::Listed& entry) : id(entry.id), size(entry.size), place(entry.place) {}
  std::string id;
  std::uint64_t size;
  queue::Place place;
};

struct Chosen {
  std::vector<Found> entries;
  std::vector<queue::Acted>
      missing;     // what was named and is not there, which standard error then says
  int status = 0;  // 0: nothing is missing
};
// From the daemon, which must run. An error: one of the ids begins several, or no answer.
Result<Chosen> choose(const config::Settings& settings, const queue::Selection& selection);
// The same of entries that are known to be selected: each id must be, or begin, one.
Result<Chosen> named(std::vector<Found> entries, const queue::Selection& selection);

}  // namespace mailchute
