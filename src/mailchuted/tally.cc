// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/tally.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <new>

namespace mailchute::mailchuted {
namespace {

// mailchute(8) has the same.
constexpr std::string_view kEvents[] = {"queued",
                                        "delivered",
                                        "possibly-delivered",
                                        "deferred",
                                        "failed",
                                        "held",
                                        "discarded",
                                        "no-address",
                                        "bounced",
                                        "notified",
                                        "bounce-failed",
                                        "dead-letter",
                                        "dead-letter-removed",
                                        "readdressed",
                                        "released",
                                        "given-up",
                                        "removed",
                                        "exported",
                                        "held-back",
                                        "digest",
                                        "in-digest",
                                        "digest-failed",
                                        "junk",
                                        "damaged",
                                        "submission-refused",
                                        "smtp-refused",
                                        "smart-host-trouble",
                                        "smart-host-broke-protocol",
                                        "network-changed",
                                        "record-failed",
                                        "adopt-failed",
                                        "mail-broken",
                                        "mail-degraded",
                                        "mail-works",
                                        "alarm-command",
                                        "worker-died",
                                        "worker-stuck",
                                        "cannot-start",
                                        "reload",
                                        "reload-refused",
                                        "reload-put-off",
                                        "retried"};

using Counter = std::atomic<std::uint64_t>;
static_assert(Counter::is_always_lock_free);  // what processes share must be

}  // namespace

struct Tally::Shared {
  std::array<Counter, std::size(kEvents)> counters;
};

Tally::Tally(Time since) : since_(since) {
  auto memory = sys::SharedMemory::create(sizeof(Shared));
  if (!memory) return;
  memory_.emplace(std::move(*memory));
  new (memory_->data()) Shared{};
}

std::atomic<std::uint64_t>* Tally::counter(std::string_view event) const {
  const auto* const found = std::find(std::begin(kEvents), std::end(kEvents), event);
  if (!memory_ || found == std::end(kEvents)) return nullptr;
  return &std::launder(static_cast<Shared*>(memory_->data()))
              ->counters[static_cast<std::size_t>(found - kEvents)];
}

std::span<const std::string_view> Tally::events() { return kEvents; }

void Tally::count(std::string_view event) {
  if (Counter* const found = counter(event)) found->fetch_add(1, std::memory_order_relaxed);
}

std::uint64_t Tally::of(std::string_view event) const {
  const Counter* const found = counter(event);
  return found == nullptr ? 0 : found->load(std::memory_order_relaxed);
}

void CountingLog::write(Severity severity, std::string_view line) {
  tally_.count(line.substr(0, line.find(' ')));
  target_->write(severity, line);
}

}  // namespace mailchute::mailchuted
