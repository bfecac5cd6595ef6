// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/board.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <new>

#include "queue/queue_id.h"

namespace mailchute::relay {
namespace {

constexpr std::size_t kSlots = 256;
constexpr std::size_t kDeepest = 8;  // nested Touches that are remembered

// Stores with memory_order_release come after what was written before: a dead writer's last store
// is as good as a lock given back.
constexpr auto kAfter = std::memory_order_release;
constexpr auto kBefore = std::memory_order_acquire;

// Of fixed length, so that reading is bounded whatever was written.
using Id = std::array<char, queue::kQueueIdLength>;

Id fixed(std::string_view id) {
  Id octets{};
  std::copy_n(id.begin(), std::min(id.size(), octets.size()), octets.begin());
  return octets;
}

// Empty when that is no queue id: nothing else is ever told.
std::string text_of(const Id& octets) {
  const std::string text(octets.begin(), octets.end());
  return queue::is_queue_id(text) ? text : std::string();
}

enum State : std::uint32_t { kFree, kTaken, kSent };

// The id is changed in a free slot only.
struct Slot {
  std::atomic<std::uint32_t> state;
  Id id;
};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

}  // namespace

struct Board::Shared {
  std::array<Slot, kSlots> slots;
  std::atomic<std::uint32_t> depth;
  std::array<Id, kDeepest> touched;  // those below depth

  Slot* find(const Id& id) {
    const auto found = std::find_if(slots.begin(), slots.end(), [&](const Slot& slot) {
      return slot.state.load(kBefore) != kFree && slot.id == id;
    });
    return found == slots.end() ? nullptr : &*found;
  }
  void change(std::string_view id, State state) {
    if (Slot* const slot = find(fixed(id))) slot->state.store(state, kAfter);
  }
};

Result<Board> Board::create() {
  auto memory = sys::SharedMemory::create(sizeof(Shared));
  if (!memory) return failure(std::move(memory.error()));
  new (memory->data()) Shared{};
  return Board(std::move(*memory));
}

Board::Shared& Board::shared() const { return *std::launder(static_cast<Shared*>(memory_.data())); }

void Board::take(std::string_view id) {
  const Id octets = fixed(id);
  if (shared().find(octets) != nullptr) return;
  auto& slots = shared().slots;
  const auto slot = std::find_if(slots.begin(), slots.end(), [](const Slot& candidate) {
    return candidate.state.load(kBefore) == kFree;
  });
  if (slot == slots.end()) return;
  slot->id = octets;
  slot->state.store(kTaken, kAfter);
}

void Board::sent(std::string_view id) { shared().change(id, kSent); }

void Board::drop(std::string_view id) { shared().change(id, kFree); }

std::vector<Board::InHand> Board::in_hand() const {
  std::vector<InHand> found;
  for (const Slot& slot : shared().slots) {
    const auto state = slot.state.load(kBefore);
    if (state == kFree) continue;
    if (std::string id = text_of(slot.id); !id.empty()) found.push_back({id, state == kSent});
  }
  return found;
}

Board::Touch::Touch(Board& board, std::string_view id) : board_(board) {
  Shared& shared = board_.shared();
  const auto depth = shared.depth.load(kBefore);
  if (depth < kDeepest) shared.touched[depth] = fixed(id);
  shared.depth.store(depth + 1, kAfter);
}

Board::Touch::~Touch() {
  Shared& shared = board_.shared();
  shared.depth.store(shared.depth.load(kBefore) - 1, kAfter);
}

std::string Board::current() const {
  const std::size_t depth = std::min<std::size_t>(shared().depth.load(kBefore), kDeepest);
  return depth == 0 ? std::string() : text_of(shared().touched[depth - 1]);
}

}  // namespace mailchute::relay
