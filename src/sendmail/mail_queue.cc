// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/mail_queue.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "sendmail/control_client.h"

namespace mailchute::sendmail {
namespace {

struct Totals {
  std::uint64_t requests = 0;
  std::uint64_t octets = 0;
};

// "requests=2 octets=1234"
std::optional<Totals> parse_totals(std::string_view text) {
  const auto number_after = [text](std::string_view key) -> std::optional<std::uint64_t> {
    for (const std::string_view word : split(text, ' ')) {
      if (word.starts_with(key)) return parse_number(word.substr(key.size()));
    }
    return std::nullopt;
  };
  const auto requests = number_after("requests=");
  const auto octets = number_after("octets=");
  if (!requests || !octets) return std::nullopt;
  return Totals{*requests, *octets};
}

Result<std::vector<queue::Listed>> parse_lines(const Answer& answer) {
  std::vector<queue::Listed> entries;
  for (const std::string& line : answer.lines) {
    auto entry = queue::parse_listed(line);
    if (!entry) return failure(Error::Kind::temporary, "mailchuted: " + entry.error().text);
    entries.push_back(std::move(*entry));
  }
  return entries;
}

Totals totals_of(const std::vector<queue::Listed>& entries) {
  Totals totals;
  for (const queue::Listed& entry : entries) {
    if (entry.place == queue::Place::failed) continue;
    ++totals.requests;
    totals.octets += entry.size;
  }
  return totals;
}

}  // namespace

Result<std::string> mail_queue(const config::Settings& settings, Time now, int utc_offset) {
  auto daemon = connect_to_daemon(settings.control_socket());
  if (!daemon) {
    const auto entries = queue::list(settings.queue_directory);
    if (!entries) return failure(daemon.error());
    const Totals totals = totals_of(*entries);
    return queue::format_mailq(*entries, totals.requests, totals.octets, now, utc_offset);
  }
  const auto answer = ask(*daemon, "LIST");
  if (!answer) return failure(answer.error());
  const auto totals = parse_totals(answer->text);
  if (!totals) return failure(Error::Kind::temporary, "mailchuted gave no answer: no totals");
  const auto entries = parse_lines(*answer);
  if (!entries) return failure(entries.error());
  return queue::format_mailq(*entries, totals->requests, totals->octets, now, utc_offset);
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
  std::string request = "RETRY";
  if (filters.empty()) {
    request += " *";
  } else {
    auto daemon = connect_to_daemon(settings.control_socket());
    if (!daemon) return failure(daemon.error());
    const auto answer = ask(*daemon, "LIST");
    if (!answer) return failure(answer.error());
    const auto entries = parse_lines(*answer);
    if (!entries) return failure(entries.error());
    for (const queue::Listed& entry : *entries) {
      const bool wanted = std::all_of(filters.begin(), filters.end(), [&](const QueueFilter& f) {
        return matches(entry, f);
      });
      if (wanted) request += " " + entry.id;
    }
    if (request == "RETRY") return std::string("nothing in the queue matches");
  }
  auto daemon = connect_to_daemon(settings.control_socket());
  if (!daemon) return failure(daemon.error());
  auto answer = ask(*daemon, request);
  if (!answer) return failure(answer.error());
  return std::move(answer->text);
}

}  // namespace mailchute::sendmail
