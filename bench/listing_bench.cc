// SPDX-License-Identifier: GPL-3.0-or-later
// What a question about a queue of 20,000 entries below $TMPDIR costs the worker: the first look,
// which reads every head, a later one, which reads names, and a whole list. longest_us: the longest
// step of it, for which mail waits.
#include <benchmark/benchmark.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "queue/digest.h"
#include "queue/format.h"
#include "queue/index.h"
#include "queue/layout.h"
#include "queue/queue_id.h"

namespace mailchute::queue {
namespace {

constexpr int kEntries = 20000;
using Clock = std::chrono::steady_clock;

// Made once.
const std::string& queue_directory() {
  struct Queue {
    Queue() {
      path = (std::filesystem::temp_directory_path() / "mailchute-bench.XXXXXX").string();
      path = ::mkdtemp(path.data());
      for (const char* folder : {kNew, kCur, kHeld, kFailed, kInfo}) std::filesystem::create_directory(path + "/" + folder);
      mail::Envelope envelope;
      envelope.reverse_path = "root@web1.example.org";
      envelope.recipients.push_back({"ops@example.org", "", {}});
      const std::string message = "Subject: hi\n\n" + std::string(2000, 'x') + "\n";
      for (int i = 0; i < kEntries; ++i) {
        envelope.time = Time(Seconds(1790000000 + i));
        const std::string head = format_envelope(envelope), id = new_queue_id();
        std::ofstream(path + "/cur/" + id) << format_entry_line(head.size(), message.size(), Digest()) << head << message;
        std::ofstream(path + "/info/" + id) << format_retry_info({1, envelope.time, envelope.time, "451 4.2.0 later"});
      }
    }
    ~Queue() { std::filesystem::remove_all(path); }
    std::string path;
  };
  static const Queue queue;
  return queue.path;
}

class Longest {
 public:
  template <class Step>
  void time(const Step& step) {
    const auto begun = Clock::now();
    step();
    longest_ = std::max(longest_, Clock::now() - begun);
  }
  void report(benchmark::State& state) const {
    state.counters["longest_us"] = std::chrono::duration<double, std::micro>(longest_).count();
  }

 private:
  Clock::duration longest_{};
};

bool look(Index& index, Longest& longest) {
  bool good = true;
  for (const auto wanted = index.next_look(); good && !index.done(wanted);) {
    longest.time([&] { good = index.step().has_value(); });
  }
  return good;
}

void FirstLook(benchmark::State& state) {
  const std::string& directory = queue_directory();
  Longest longest;
  for (auto _ : state) {
    Index index(directory);
    if (!look(index, longest) || index.count(Place::waiting).entries != kEntries) return state.SkipWithError("cannot look");
  }
  longest.report(state);
}
BENCHMARK(FirstLook)->Unit(benchmark::kMillisecond)->UseRealTime();

void NextLook(benchmark::State& state) {
  Index index(queue_directory());
  Longest first, longest;
  if (!look(index, first)) return state.SkipWithError("cannot look");
  for (auto _ : state) {
    if (!look(index, longest)) return state.SkipWithError("cannot look");
  }
  longest.report(state);
}
BENCHMARK(NextLook)->Unit(benchmark::kMillisecond)->UseRealTime();

void WholeList(benchmark::State& state) {
  Index index(queue_directory());
  Longest first, longest;
  const auto view = View::open(queue_directory());
  if (!view || !look(index, first)) return state.SkipWithError("cannot look");
  for (auto _ : state) {
    Position position;
    for (bool more = true; more;) {
      longest.time([&] {
        const auto item = index.after(position);
        more = item.has_value();
        if (!more) return;
        position = {item->time, item->id};
        benchmark::DoNotOptimize(format_listed(view->read(item->id, item->place).value()));
      });
    }
  }
  longest.report(state);
}
BENCHMARK(WholeList)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace mailchute::queue
