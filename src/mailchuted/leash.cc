// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/leash.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "base/text.h"
#include "queue/queue_id.h"

namespace mailchute::mailchuted {
namespace {

using Kind = Message::Kind;

// In the order of Kind; `gone` is never said.
constexpr std::array<std::string_view, 15> kWords = {
    "ready", "cannot", "working", "retired", "status", "signs",    "alive",  "reload",
    "came",  "begin",  "left",    "retire",  "alarm",  "reloaded", "put off"};

bool inherits(Kind kind) { return kind == Kind::begin || kind == Kind::left; }

// A line for each id, behind a mark that says what it is; a deadly one's has the number of deaths.
constexpr char kElsewhere = '-';
constexpr char kPossiblyDelivered = '?';
constexpr char kDeadly = '!';

std::string format(const relay::Inheritance& inheritance) {
  std::string lines;
  const auto line = [&](char mark, std::string_view text) {
    lines.append(1, mark).append(text).append("\n");
  };
  for (const std::string& id : inheritance.elsewhere) line(kElsewhere, id);
  for (const std::string& id : inheritance.possibly_delivered) line(kPossiblyDelivered, id);
  for (const auto& [id, deaths] : inheritance.deadly)
    line(kDeadly, id + " " + std::to_string(deaths));
  return lines;
}

bool take(std::string_view line, relay::Inheritance& inheritance) {
  const std::string id(line.substr(1, queue::kQueueIdLength));
  const std::string_view rest = line.substr(1 + id.size());
  if (!queue::is_queue_id(id)) return false;
  if (line.front() == kDeadly) {
    const auto deaths = rest.starts_with(' ') ? parse_number(rest.substr(1)) : std::nullopt;
    if (!deaths || *deaths > UINT_MAX) return false;
    return inheritance.deadly.emplace(id, static_cast<unsigned>(*deaths)).second;
  }
  if (!rest.empty()) return false;
  if (line.front() == kElsewhere) return inheritance.elsewhere.insert(id).second;
  return line.front() == kPossiblyDelivered && inheritance.possibly_delivered.insert(id).second;
}

std::optional<relay::Inheritance> parse_inheritance(std::string_view lines) {
  relay::Inheritance inheritance;
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    if (!take(lines.substr(0, end), inheritance)) return std::nullopt;
    lines.remove_prefix(end + 1);
  }
  return inheritance;
}

}  // namespace

std::string format_message(const Message& message) {
  std::string packet(kWords[static_cast<std::size_t>(message.kind)]);
  packet += '\n';
  return packet + (inherits(message.kind) ? format(message.inheritance) : message.text);
}

std::optional<Message> parse_message(std::string_view packet) {
  const auto end = packet.find('\n');
  if (end == std::string_view::npos || packet.size() > kLongestMessage) return std::nullopt;
  const auto word = std::find(kWords.begin(), kWords.end(), packet.substr(0, end));
  if (word == kWords.end()) return std::nullopt;
  Message message{
      static_cast<Kind>(word - kWords.begin()), std::string(packet.substr(end + 1)), {}};
  if (!inherits(message.kind)) return message;
  auto inheritance = parse_inheritance(message.text);
  if (!inheritance) return std::nullopt;
  return Message{message.kind, {}, std::move(*inheritance)};
}

Result<Leash::Ends> Leash::make() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    return failure(Error::from_errno("make", "a pair of sockets"));
  }
  return Ends{Leash(sys::UniqueFd(ends[0])), Leash(sys::UniqueFd(ends[1]))};
}

bool Leash::say(const Message& message) const {
  const std::string packet = format_message(message).substr(0, kLongestMessage);
  return ::send(fd(), packet.data(), packet.size(), MSG_NOSIGNAL) >= 0;
}

std::optional<Message> Leash::hear() const {
  std::string packet(kLongestMessage, '\0');
  for (;;) {
    const ssize_t size = ::recv(fd(), packet.data(), packet.size(), 0);
    // After a reset there may be last words yet: it is told when there was something unread over
    // there.
    if (size < 0 && (errno == EINTR || errno == ECONNRESET)) continue;
    if (size < 0 && errno == EAGAIN) return std::nullopt;
    if (size <= 0) return Message{Kind::gone, {}, {}};
    auto message =
        parse_message(std::string_view(packet).substr(0, static_cast<std::size_t>(size)));
    if (message) return message;
  }
}

}  // namespace mailchute::mailchuted
