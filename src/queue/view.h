// SPDX-License-Identifier: GPL-3.0-or-later
// Looks at the queue without taking part in its life: entries may come, move and go meanwhile.
// Needs the rights of the daemon or of root. Only heads are read, and no digest is checked.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "queue/entry.h"
#include "queue/listing.h"
#include "sys/directory.h"
#include "sys/unique_fd.h"

namespace mailchute::queue {

// Where entries lie, in the order in which they move: who looks in this order sees one that moves
// meanwhile at least once. What lies in cur/ is called waiting here; only the daemon knows what is
// active.
inline constexpr Place kPlaces[] = {Place::incoming, Place::waiting, Place::held, Place::failed};
const char* folder_of(Place place);

class View {
 public:
  static Result<View> open(const std::string& directory);

  Result<sys::NameStream> names(Place place) const;
  // Nothing when it is not there, or nothing that anybody would call an entry.
  std::optional<Listed> read(const std::string& id, Place place) const;
  // Wherever it lies.
  std::optional<Listed> find(const std::string& id) const;

  // The same with all that its file says.
  struct Whole {
    Listed listed;
    std::optional<Head> head;  // none: damaged
    sys::UniqueFd file;
  };
  std::optional<Whole> find_whole(const std::string& id) const;

  RetryInfo info(const std::string& id) const;

 private:
  explicit View(sys::UniqueFd directory) : directory_(std::move(directory)) {}
  void add_info(Listed& listed) const;
  std::optional<Whole> read_whole(const std::string& id, Place place) const;
  const sys::UniqueFd& folder(Place place) const {
    return folders_[static_cast<std::size_t>(place)];
  }

  sys::UniqueFd directory_, info_;
  sys::UniqueFd folders_[static_cast<std::size_t>(Place::failed) + 1];  // none: not made yet
};

}  // namespace mailchute::queue
