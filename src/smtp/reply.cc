// SPDX-License-Identifier: GPL-3.0-or-later
#include "smtp/reply.h"

#include "base/text.h"

namespace mailchute::smtp {
namespace {

constexpr std::size_t kCompactAfter = 65536;

Error not_understood(std::string_view why, std::string_view line) {
  constexpr std::size_t kShown = 80;
  std::string text = "the server's reply breaks the protocol: ";
  text.append(why).append(": \"").append(escaped(line.substr(0, kShown))).append("\"");
  return Error{Error::Kind::protocol, std::move(text)};
}

struct Line {
  int code;
  bool last;
  std::string_view text;
};

// Code, then a blank or a hyphen, then text. Some servers leave the blank out when there is no
// text.
std::optional<Line> parse_line(std::string_view line) {
  if (line.size() < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) || !is_digit(line[2]))
    return std::nullopt;
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  if (line.size() == 3) return Line{code, true, {}};
  if (line[3] != ' ' && line[3] != '-') return std::nullopt;
  return Line{code, line[3] == ' ', line.substr(4)};
}

}  // namespace

std::optional<mail::StatusCode> Reply::enhanced() const {
  if (lines.empty()) return std::nullopt;
  std::string_view first = lines.front();
  auto status = mail::take_status_code(first);
  if (status && status->status_class != code / 100) return std::nullopt;  // RFC 2034, 4
  return status;
}

std::string Reply::text() const {
  const auto status = enhanced();
  std::string all = std::to_string(code);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string_view line = lines[i];
    std::string_view rest = line;
    if (i > 0 && status && mail::take_status_code(rest) == status) line = trim(rest);
    if (!line.empty()) all.append(" ").append(line);
  }
  return all;
}

void ReplyParser::feed(std::string_view octets) {
  if (broken_) return;
  if (taken_ > kCompactAfter) {
    buffer_.erase(0, taken_);
    taken_ = 0;
  }
  buffer_.append(octets);
}

Result<std::optional<Reply>> ReplyParser::next() {
  while (!broken_) {
    std::string_view line = std::string_view(buffer_).substr(taken_);
    const std::size_t end = line.find('\n');
    const bool whole = end != std::string_view::npos;
    line = line.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > kMaxReplyLine) {
      broken_ = not_understood("a line is too long", line);
      break;
    }
    if (!whole) return std::optional<Reply>();
    auto reply = take_line(line);
    taken_ += end + 1;
    if (taken_ == buffer_.size()) {
      buffer_.clear();
      taken_ = 0;
    }
    if (reply) return reply;
  }
  return failure(*broken_);
}

std::optional<Reply> ReplyParser::take_line(std::string_view text) {
  const auto line = parse_line(text);
  if (!line) {
    broken_ = not_understood("a line does not begin with a code", text);
  } else if (!partial_.lines.empty() && line->code != partial_.code) {
    broken_ = not_understood("the code changes within a reply", text);
  } else if (partial_.lines.size() == kMaxReplyLines) {
    broken_ = not_understood("too many lines", text);
  } else {
    partial_.code = line->code;
    partial_.lines.emplace_back(line->text);
    if (line->last) return std::exchange(partial_, Reply{});
  }
  return std::nullopt;
}

bool ReplyParser::empty() const { return taken_ == buffer_.size() && partial_.lines.empty(); }

void ReplyParser::clear() { *this = ReplyParser(); }

}  // namespace mailchute::smtp
