// SPDX-License-Identifier: GPL-3.0-or-later
// Encoding a message for the wire, and taking replies apart.
#include <benchmark/benchmark.h>

#include <string>

#include "smtp/message_encoder.h"
#include "smtp/reply.h"

namespace mailchute::smtp {
namespace {

void EncodeMessage(benchmark::State& state) {
  std::string text;
  const auto length = static_cast<std::size_t>(state.range(0));
  while (text.size() < 64000) text += std::string(length, 'x') + "\n";
  std::string wire;
  for (auto _ : state) {
    wire.clear();
    MessageEncoder encoder;
    encoder.encode(text, wire);
    encoder.finish(wire);
    benchmark::DoNotOptimize(wire.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(EncodeMessage)->Arg(10)->Arg(72)->Arg(998);

void ParseReplies(benchmark::State& state) {
  const std::string group = "250 2.0.0 Ok: queued as 4F3A\r\n250 2.0.0 Ok\r\n250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 go ahead\r\n";
  ReplyParser parser;
  for (auto _ : state) {
    parser.feed(group);
    for (int i = 0; i < 5; ++i) benchmark::DoNotOptimize(parser.next());
  }
  state.SetItemsProcessed(state.iterations() * 5);
}
BENCHMARK(ParseReplies);

}  // namespace
}  // namespace mailchute::smtp
