// SPDX-License-Identifier: GPL-3.0-or-later
// How often each thing has happened since the daemon was started, through all its workers: what the
// log says is counted, so that figures and log never disagree. It is in memory that keeper and
// workers share.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "sys/shared_memory.h"

namespace mailchute::mailchuted {

class Tally {
 public:
  // Before the fork. Where there is no memory for it nothing is counted.
  explicit Tally(Time since);

  // The events that count, as the log names them; others are not counted.
  static std::span<const std::string_view> events();
  void count(std::string_view event);
  std::uint64_t of(std::string_view event) const;
  Time since() const { return since_; }

 private:
  struct Shared;
  std::atomic<std::uint64_t>* counter(std::string_view event) const;

  Time since_;
  std::optional<sys::SharedMemory> memory_;
};

// Counts what goes through it.
class CountingLog final : public Log {
 public:
  CountingLog(std::unique_ptr<Log> target, Tally& tally)
      : target_(std::move(target)), tally_(tally) {}
  void write(Severity severity, std::string_view line) override;

 private:
  std::unique_ptr<Log> target_;
  Tally& tally_;
};

}  // namespace mailchute::mailchuted
