// SPDX-License-Identifier: GPL-3.0-or-later
// `mailchute queue list`: a table for people, or one JSON document. Entries are printed as they
// come from the daemon, oldest first.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "mailchute/queue_selection.h"
#include "queue/control.h"
#include "queue/listing.h"

namespace mailchute {

struct ListOptions {
  SelectionOptions selection;  // nothing: everything
  bool json = false;
};

// Why the message is where it is, with what comes next; empty: nothing to say.
std::string reason_of(const queue::Listed& entry, Time now);

// The listing as text; the caller prints what it gets.
class Table {
 public:
  // `width`: of the terminal, nothing is cut without.
  Table(std::optional<std::size_t> width, Time now);
  std::string add(const queue::Listed& entry);
  std::string end(const queue::Totals& totals, bool everything_wanted);

 private:
  std::string cut(const std::string& line) const;
  std::string header() const;
  std::string summary() const;

  std::optional<std::size_t> width_;
  Time now_;
  std::size_t id_width_, sender_width_;
  std::map<queue::Place, std::uint64_t> counts_;
  std::uint64_t entries_ = 0, requests_ = 0, octets_ = 0;
  std::optional<Time> oldest_;
};

class JsonList {
 public:
  explicit JsonList(Time now) : now_(now) {}
  std::string add(const queue::Listed& entry);
  std::string end(const queue::Totals& totals);

 private:
  Time now_;
  bool empty_ = true;
};

int list_queue(const std::string& config_file, const ListOptions& options);

}  // namespace mailchute
