// SPDX-License-Identifier: GPL-3.0-or-later
// What lies in the queue: the part of each entry that never changes, and where it was last seen.
// Kept from one question to the next, so that a look at the queue costs its names and the heads of
// what is new, and made in small steps, so that mail goes on meanwhile. About 200 octets an entry.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "queue/listing.h"
#include "queue/queue_id.h"
#include "queue/view.h"

namespace mailchute::queue {

class Index {
 public:
  explicit Index(std::string directory) : directory_(std::move(directory)) {}

  // The number of the next look that begins. What was in the queue when this was asked is known
  // once that look is done.
  std::uint64_t next_look() const { return begun_ + 1; }
  bool done(std::uint64_t look) const { return done_ >= look; }
  // A name or so of the look under way, or the beginning of the next. After an error the look has
  // ended, and so has everything that waits for it.
  Result<> step();

  struct Item {
    std::string id;
    Time time;  // order: oldest first
    std::uint32_t uid;
    Place place;
  };
  // The first entry behind that one; nothing at the end.
  std::optional<Item> after(const Position& position) const;
  // Of those that begin so and belong to the owner, if one is given: at most so many.
  std::vector<Item> with_prefix(std::string_view prefix, std::optional<std::uint32_t> owner,
                                std::size_t limit) const;

  // As the last look found it.
  struct Count {
    std::uint64_t entries = 0;
    std::uint64_t octets = 0;
    std::uint64_t notifications = 0;  // of the entries: from the null reverse-path
    std::optional<Time> oldest;
  };
  const Count& count(Place place) const { return counts_[static_cast<std::size_t>(place)]; }

 private:
  using Id = std::array<char, kQueueIdLength>;
  using Counts = std::array<Count, 5>;
  struct Known {
    Time time;
    std::uint64_t size;
    std::uint32_t uid;
    Place place;
    bool notification;
    std::uint64_t seen;  // the look
  };

  Result<> begin();
  Result<> look_at_next_name();
  void sweep_one();
  void see(const std::string& name);
  void learn(const std::string& name, const Listed& listed);
  static Item item(const Id& id, const Known& known);

  std::string directory_;
  std::map<Id, Known> known_;
  std::set<std::pair<Time, Id>> order_;
  Counts counts_;

  std::uint64_t begun_ = 0;
  std::uint64_t done_ = 0;
  // The look under way: first the folders' names, then what was not among them.
  std::optional<View> view_;
  std::size_t place_ = 0;  // of kPlaces
  std::optional<sys::NameStream> names_;
  std::optional<Id> swept_;  // up to here
  Counts counting_;
};

}  // namespace mailchute::queue
