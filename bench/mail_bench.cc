// SPDX-License-Identifier: GPL-3.0-or-later
// What the front end does with a message before it is on disk: normalising, finding the header,
// mending it; and what the daemon does with the header as it sends.
#include <benchmark/benchmark.h>

#include <string>

#include "mail/message_input.h"
#include "mail/received_check.h"
#include "mail/sender_policy.h"
#include "mail/submission.h"

namespace mailchute::mail {
namespace {

const std::string kCronMail =
    "From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@web1> /usr/local/bin/backup\n"
    "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n"
    "Content-Transfer-Encoding: 8bit\nX-Cron-Env: <SHELL=/bin/sh>\nX-Cron-Env: <HOME=/root>\n"
    "X-Cron-Env: <PATH=/usr/bin:/bin>\nX-Cron-Env: <LOGNAME=root>\n\n42 files saved\n";

Surroundings surroundings() {
  Surroundings at;
  at.hostname = "web1.example.org";
  at.domain = "example.org";
  at.login = "root";
  at.gecos_name = "root";
  at.queue_id = "0JVA087N2QBDCN7S0ACVHKR5HJ";
  at.now = Time(Seconds(1790000000));
  return at;
}

void MendHeader(benchmark::State& state) {
  Request request;
  request.recipients = {"root"};
  request.full_name = "CronDaemon";
  const Surroundings at = surroundings();
  for (auto _ : state) {
    HeaderReader reader;
    if (!reader.feed(kCronMail)) state.SkipWithError("header refused");
    auto submission = prepare(reader.header(), request, at);
    benchmark::DoNotOptimize(submission);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kCronMail.size()));
}
BENCHMARK(MendHeader);

// 0 keep, 1 domain where nothing changes, 2 the one address.
void HeaderAsSent(benchmark::State& state) {
  HeaderReader reader;
  if (!reader.feed(kCronMail)) state.SkipWithError("header refused");
  Request request;
  request.recipients = {"root"};
  const Surroundings at = surroundings();
  const std::string text = prepare(reader.header(), request, at)->header;
  SenderPolicy policy{.hostname = at.hostname, .domain = at.domain};
  policy.kind = static_cast<SenderPolicy::Kind>(state.range(0));
  policy.address = {"alerts", "example.org"};
  const Trace truth{.hostname = at.hostname, .uid = at.uid, .queue_id = at.queue_id, .only_recipient = {}};
  for (auto _ : state) {
    HeaderReader stored;
    if (!stored.feed(text)) state.SkipWithError("header refused");
    benchmark::DoNotOptimize(policy.as_sent("root@web1.example.org"));
    benchmark::DoNotOptimize(correct_received(stored.header(), truth));
    benchmark::DoNotOptimize(apply(policy, "root@web1.example.org", stored.header()));
  }
}
BENCHMARK(HeaderAsSent)->Arg(0)->Arg(1)->Arg(2);

void RecipientsFromHeader(benchmark::State& state) {
  std::string message = "To: ";
  for (int i = 0; i < state.range(0); ++i) message += "\"User " + std::to_string(i) + "\" <u" + std::to_string(i) + "@example.org>,\n\t";
  message += "last@example.org\n\nbody\n";
  Request request;
  request.recipients_from_header = true;
  const Surroundings at = surroundings();
  for (auto _ : state) {
    HeaderReader reader;
    if (!reader.feed(message)) state.SkipWithError("header refused");
    auto submission = prepare(reader.header(), request, at);
    benchmark::DoNotOptimize(submission);
  }
  state.SetItemsProcessed(state.iterations() * (state.range(0) + 1));
}
BENCHMARK(RecipientsFromHeader)->Arg(10)->Arg(1000);

void NormaliseInput(benchmark::State& state) {
  std::string text;
  while (text.size() < 60000) text += "a line of a report, some seventy octets long, as they mostly are in mail\n";
  std::string out;
  for (auto _ : state) {
    out.clear();
    MessageInput input(false);
    input.feed(text, out);
    input.finish(out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(NormaliseInput);

}  // namespace
}  // namespace mailchute::mail
