// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/control.h"

#include "base/text.h"
#include "sys/unix_client.h"

namespace mailchute::queue {
namespace {

// One entry with every recipient it may have, escaped.
constexpr std::size_t kMaxLine = 4 * kMaxHead;

constexpr std::string_view kRequests = "requests=";
constexpr std::string_view kOctets = " octets=";

tl::unexpected<Error> not_understood(std::string_view what) {
  return failure(Error::Kind::protocol, "mailchuted's answer is not understood: " + escaped(what.substr(0, 80)));
}

Result<> take_totals(std::string_view text, Overview& overview) {
  const auto octets = text.find(kOctets);
  if (!text.starts_with(kRequests) || octets == std::string_view::npos) return not_understood(text);
  const auto requests = parse_number(text.substr(kRequests.size(), octets - kRequests.size()));
  const auto size = parse_number(text.substr(octets + kOctets.size()));
  if (!requests || !size) return not_understood(text);
  overview.requests = *requests;
  overview.octets = *size;
  return {};
}

}  // namespace

Result<Answer> ask(const std::string& socket, std::string_view request, Milliseconds patience) {
  auto client = sys::UnixClient::connect(socket, patience);
  if (!client) return failure(client.error());
  if (auto sent = client->send(std::string(request) + "\n"); !sent) return failure(sent.error());
  Answer answer;
  for (;;) {
    auto line = client->read_line(kMaxLine);
    if (!line) return failure(line.error());
    if (!*line) return failure(Error::Kind::temporary, "mailchuted broke off its answer");
    const std::string_view text = **line;
    if (text.starts_with(" ")) {
      answer.lines.emplace_back(text.substr(1));
    } else if (text.starts_with("OK")) {
      answer.summary = trim(text.substr(2));
      return answer;
    } else if (text.starts_with("ERROR ")) {
      return failure(Error::Kind::rejected, std::string(text.substr(6)));
    } else {
      return not_understood(text);
    }
  }
}

Result<Overview> ask_for_list(const std::string& socket) {
  auto answer = ask(socket, "LIST");
  if (!answer) return failure(answer.error());
  Overview overview;
  for (const std::string& line : answer->lines) {
    auto listed = parse_listed(line);
    if (!listed) return failure(listed.error());
    overview.shown.push_back(std::move(*listed));
  }
  if (auto taken = take_totals(answer->summary, overview); !taken) return failure(taken.error());
  return overview;
}

Result<Overview> read_list(const std::string& directory) {
  auto listed = list(directory);
  if (!listed) return failure(listed.error());
  Overview overview{std::move(*listed), 0, 0};
  for (const Listed& entry : overview.shown) {
    if (entry.place == Place::failed) continue;
    ++overview.requests;
    overview.octets += entry.size;
  }
  return overview;
}

std::string format_totals(std::uint64_t requests, std::uint64_t octets) {
  return std::string(kRequests) + std::to_string(requests) + std::string(kOctets) + std::to_string(octets);
}

}  // namespace mailchute::queue
