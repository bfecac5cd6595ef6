// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/stranded.h"

#include <ctime>

#include "queue/queue_id.h"

namespace mailchute::mailchuted {
namespace {

constexpr std::uint64_t kCountedAtMost = 1000;

// Within the same second more may come without a new time of the folder.
bool is_settled(const timespec& changed) { return changed.tv_sec < std::time(nullptr) - 1; }

bool same(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

std::uint64_t counted(const queue::View& view, queue::Place place) {
  auto names = view.names(place);
  std::uint64_t count = 0;
  while (names && count < kCountedAtMost) {
    const std::string name = names->next();
    if (name.empty()) break;
    if (queue::is_queue_id(name))
      count += place == queue::Place::failed || !view.info(name).by_hand;
  }
  return count;
}

}  // namespace

Stranded::Count Stranded::count() {
  count(queue::Place::held, held_);
  count(queue::Place::failed, failed_);
  return {held_.count, failed_.count};
}

void Stranded::count(queue::Place place, Shelf& shelf) const {
  struct stat folder {};
  if (::stat((queue_directory_ + "/" + queue::folder_of(place)).c_str(), &folder) != 0) return;
  if (same(folder.st_mtim, shelf.changed)) return;
  const auto view = queue::View::open(queue_directory_);
  shelf.changed = view && is_settled(folder.st_mtim) ? folder.st_mtim : timespec{};
  shelf.count = view ? counted(*view, place) : 0;
}

}  // namespace mailchute::mailchuted
