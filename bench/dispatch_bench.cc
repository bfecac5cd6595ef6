// SPDX-License-Identifier: GPL-3.0-or-later
// What the decisions about one message cost beside so many others that wait: which is next, whether
// another connection is wanted, when to look again, and what is known of each. It must not matter how
// many wait. octets_each: memory for one that waits, whoever it is from and however old.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <string>
#include <vector>

#include "queue/queue_id.h"
#include "relay/ages.h"
#include "relay/dispatch.h"
#include "relay/submitters.h"

namespace mailchute::relay {
namespace {

constexpr std::uint32_t kUsers = 3;

class Waiting {
 public:
  Waiting(std::size_t hosts, std::size_t messages)
      : loads_(hosts, {.open = 1, .established = 1}),
        dispatch_(std::vector<Dispatch::Host>(hosts), {indices(hosts)}, {}, &submitters_) {
    for (std::size_t i = 0; i < 2 * messages; ++i) ids_.push_back(queue::new_queue_id());
    const auto before = ::mallinfo2();
    for (std::size_t i = 0; i < messages; ++i) come();
    dispatch_.wake(loads_, now_);
    dispatch_.connection_wanted(loads_, now_, 0.5);
    const auto after = ::mallinfo2();
    octets_ = after.uordblks + after.hblkhd - before.uordblks - before.hblkhd;
  }
  double octets_each() const {
    return static_cast<double>(octets_) / static_cast<double>(dispatch_.size());
  }

  void come() {
    const std::string& id = ids_[next_++ % ids_.size()];
    const Time arrival = time_ + Milliseconds(next_);
    submitters_.came(id, static_cast<std::uint32_t>(next_ % kUsers), 2000);
    ages_.know(id, arrival, arrival, now_);
    dispatch_.add(id, arrival, now_, Care::none);
  }

  void deliver() {
    const std::string id = *begin();
    dispatch_.remove(id);
    dispatch_.health(0).forget(id);
    ages_.forget(id);
    submitters_.gone(id);
    ask();
  }

  // Until all others have been tried.
  void defer() {
    const std::string id = *begin();
    dispatch_.outcome(id, {address_}, true, false);
    dispatch_.put_back(id, now_ + Milliseconds(dispatch_.size()), Care::none, now_);
    ask();
    now_ += Milliseconds(1);
  }

 private:
  static std::vector<std::size_t> indices(std::size_t count) {
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < count; ++i) indices.push_back(i);
    return indices;
  }

  std::optional<std::string> begin() {
    const auto taken = dispatch_.take(host_, now_, false);
    if (!taken) return std::nullopt;
    dispatch_.begun(host_, now_);
    submitters_.begun(taken->id, now_);
    dispatch_.ended(host_, true, now_);
    const std::vector<std::string> recipients{address_};
    Judgement judgement;
    judgement.host = Judgement::Host::works;
    judgement.took_it = true;
    dispatch_.health(host_).judged({taken->id, address_, recipients, false}, judgement, {time_, now_, 0.5});
    host_ = (host_ + 1) % loads_.size();
    return taken->id;
  }

  void ask() {
    benchmark::DoNotOptimize(dispatch_.probe_wanted(loads_, now_));
    benchmark::DoNotOptimize(dispatch_.connection_wanted(loads_, now_, 0.5));
    benchmark::DoNotOptimize(dispatch_.wake(loads_, now_));
  }

  std::vector<std::string> ids_;
  std::size_t next_ = 0;
  const std::string address_ = "someone@example.org";
  Time time_{Seconds(1790000000)};
  Instant now_{Seconds(1000)};
  std::vector<Dispatch::Load> loads_;
  std::vector<std::string> unknown_;
  Submitters submitters_{{}, Concerned({}, {}, unknown_), 900};
  Ages ages_;
  Dispatch dispatch_;
  std::size_t host_ = 0;
  std::size_t octets_ = 0;
};

void args(benchmark::internal::Benchmark* it) {
  it->ArgNames({"smart_hosts", "waiting"});
  for (const int hosts : {1, 5}) {
    for (const int waiting : {100, 100000}) it->Args({hosts, waiting});
  }
}

void delivered(benchmark::State& state) {
  Waiting it(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  state.counters["octets_each"] = it.octets_each();
  for (auto _ : state) {
    it.deliver();
    it.come();
  }
}
BENCHMARK(delivered)->Apply(args);

void deferred(benchmark::State& state) {
  Waiting it(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  for (auto _ : state) it.defer();
}
BENCHMARK(deferred)->Apply(args);

}  // namespace
}  // namespace mailchute::relay
