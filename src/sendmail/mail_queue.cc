// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/mail_queue.h"

#include <algorithm>

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

// "RETRY ID..." for what matches; "RETRY" alone if nothing does.
Result<std::string> request_for(const std::string& socket,
                                const std::vector<QueueFilter>& filters) {
  if (filters.empty()) return std::string("RETRY *");
  const auto listed = queue::ask_for_list(socket);
  if (!listed) return failure(no_answer(listed.error()));
  std::string request = "RETRY";
  for (const queue::Listed& entry : listed->shown) {
    const bool wanted =
        std::all_of(filters.begin(), filters.end(),
                    [&entry](const QueueFilter& filter) { return matches(entry, filter); });
    if (wanted) request += " " + entry.id;
  }
  return request;
}

}  // namespace

Result<std::string> mail_queue(const config::Settings& settings, Time now, int utc_offset) {
  const auto whole = overview(settings);
  if (!whole) return failure(whole.error());
  return queue::format_mailq(whole->shown, whole->requests, whole->octets, now, utc_offset);
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
  const auto request = request_for(settings.control_socket(), filters);
  if (!request) return failure(request.error());
  if (*request == "RETRY") return std::string("nothing in the queue matches");
  auto answer = queue::ask(settings.control_socket(), *request);
  if (!answer) return failure(no_answer(answer.error()));
  return std::move(answer->summary);
}

}  // namespace mailchute::sendmail
