// SPDX-License-Identifier: GPL-3.0-or-later
// Making a message acceptable: what the look at it costs, and the conversion.
#include <benchmark/benchmark.h>

#include <string>

#include "mail/mime_converter.h"
#include "mail/mime_plan.h"

namespace mailchute::mail {
namespace {

// Lines of 70 octets, with so many of them above 127.
std::string message(std::size_t eight_bit) {
  std::string line;
  for (std::size_t i = 0; i < 70; ++i) line += i < eight_bit ? '\xc3' : 'a';
  std::string text = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n";
  while (text.size() < 1 << 20) text += line + "\n";
  return text + "--b--\n";
}

MimePlan planned(const std::string& text) {
  MimePlanner planner(MimeTarget{});
  planner.feed(text);
  return planner.finish();
}

void PlanMessage(benchmark::State& state) {
  const std::string text = message(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(planned(text));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(PlanMessage)->Arg(0)->Arg(2)->Arg(40);

// Two in 70 make quoted-printable, 40 base64.
void ConvertMessage(benchmark::State& state) {
  const std::string text = message(static_cast<std::size_t>(state.range(0)));
  const MimePlan plan = planned(text);
  std::string out;
  for (auto _ : state) {
    out.clear();
    MimeConverter converter(plan, MimeTarget{});
    converter.convert(text, out);
    converter.finish(out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(ConvertMessage)->Arg(2)->Arg(40);

}  // namespace
}  // namespace mailchute::mail
