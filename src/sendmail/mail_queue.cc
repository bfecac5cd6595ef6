// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/mail_queue.h"

#include <algorithm>

#include "base/text.h"
#include "queue/control.h"
#include "sys/unix_client.h"

namespace mailchute::sendmail {
namespace {

constexpr Milliseconds kPatience{10000};

// Whatever the daemon said instead of an answer: trying again can help.
Error no_answer(const Error& error) {
  return {Error::Kind::temporary, "no answer from mailchuted: " + error.text};
}

bool daemon_runs(const std::string& socket) {
  return sys::UnixClient::connect(socket, kPatience).has_value();
}

Result<queue::Overview> overview(const config::Settings& settings) {
  auto asked = queue::ask_for_list(settings.control_socket());
  if (asked) return asked;
  if (!daemon_runs(settings.control_socket())) {
    auto read = queue::read_list(settings.queue_directory);
    if (read) return read;
  }
  return failure(no_answer(asked.error()));
}

// Not to be mistaken for a queue id by who counts lines.
std::string alarm_line(const queue::Alarm& alarm, int utc_offset) {
  if (alarm.text.empty()) return {};
  return "*** Mail is broken since " + calendar_time(alarm.since, utc_offset) + ": " +
         escaped(alarm.text) + "\n";
}

// A request has room for some two thousand.
constexpr std::size_t kIdsAtOnce = 1000;

// " ID..." for what matches, in as many parts as it takes.
Result<std::vector<std::string>> ids_of(const std::string& socket,
                                        const std::vector<QueueFilter>& filters) {
  std::vector<std::string> parts;
  std::size_t count = 0;
  const auto listed = queue::ask_for_entries(socket, [&](const queue::Listed& entry) {
    const bool wanted =
        std::all_of(filters.begin(), filters.end(),
                    [&entry](const QueueFilter& filter) { return matches(entry, filter); });
    if (!wanted) return;
    if (count++ % kIdsAtOnce == 0) parts.emplace_back();
    parts.back() += " " + entry.id;
  });
  if (!listed) return failure(no_answer(listed.error()));
  return parts;
}

Result<std::string> ask_to_retry(const std::string& socket, const std::string& what) {
  auto answer = queue::ask(socket, "RETRY" + what);
  if (!answer) return failure(no_answer(answer.error()));
  for (const std::string& line : answer->lines) {
    const auto acted = queue::parse_acted(line);
    if (acted && acted->what == queue::Acted::What::refused)
      return failure(Error::Kind::temporary, acted->text);
  }
  return std::move(answer->summary);
}

}  // namespace

Result<std::string> mail_queue(const config::Settings& settings, Time now, int utc_offset) {
  const auto whole = overview(settings);
  if (!whole) return failure(whole.error());
  return alarm_line(whole->alarm, utc_offset) +
         queue::format_mailq(whole->shown, whole->totals.requests, whole->totals.octets, now,
                             utc_offset);
}

bool matches(const queue::Listed& entry, const QueueFilter& filter) {
  const auto contains = [&filter](const std::string& text) {
    return text.find(filter.part) != std::string::npos;
  };
  switch (filter.by) {
    case QueueFilter::By::id: return contains(entry.id);
    case QueueFilter::By::sender: return contains(entry.sender);
    case QueueFilter::By::recipient: break;
  }
  return std::any_of(entry.recipients.begin(), entry.recipients.end(),
                     [&](const auto& recipient) { return contains(recipient.address); });
}

Result<std::string> retry(const config::Settings& settings,
                          const std::vector<QueueFilter>& filters) {
  const std::string socket = settings.control_socket();
  if (filters.empty()) return ask_to_retry(socket, " *");
  const auto parts = ids_of(socket, filters);
  if (!parts) return failure(parts.error());
  if (parts->empty()) return std::string("nothing in the queue matches");
  Result<std::string> summary;
  for (const std::string& part : *parts) {
    auto retried = ask_to_retry(socket, part);
    if (summary && retried) summary->append(summary->empty() ? "" : "; ").append(*retried);
    else if (summary) summary = std::move(retried);
  }
  return summary;
}

}  // namespace mailchute::sendmail
