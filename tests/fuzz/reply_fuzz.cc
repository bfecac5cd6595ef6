// SPDX-License-Identifier: GPL-3.0-or-later
// A stream of replies gives the same replies, and the same complaint, however it is cut; written
// again they are what the stream began with, and nothing but a complaint or half a reply follows.
#include <string>

#include "fuzz/input.h"
#include "smtp/extensions.h"
#include "smtp/reply.h"

using namespace mailchute;

namespace {

struct Heard {
  std::vector<smtp::Reply> replies;
  std::string complaint;
  bool half = false;
  bool operator==(const Heard&) const = default;
};

Heard hear(const std::vector<std::string_view>& pieces) {
  smtp::ReplyParser parser;
  Heard heard;
  for (const auto piece : pieces) {
    parser.feed(piece);
    for (auto reply = parser.next(); !reply || *reply; reply = parser.next()) {
      if (!reply) return heard.complaint = reply.error().text, heard;
      heard.replies.push_back(std::move(**reply));
    }
  }
  heard.half = !parser.empty();
  return heard;
}

// Lines end with LF, and a code has a blank behind it: there are several ways to write one reply.
std::string in_one_way(std::string_view stream) {
  std::string text;
  while (!stream.empty()) {
    const std::size_t end = stream.find('\n');
    std::string_view line = stream.substr(0, end);
    stream.remove_prefix(std::min(stream.size(), line.size() + 1));
    if (end == stream.npos) return text.append(line);
    if (line.ends_with('\r')) line.remove_suffix(1);
    text.append(line).append(line.size() == 3 ? " \n" : "\n");
  }
  return text;
}

std::string written(const smtp::Reply& reply) {
  std::string text;
  for (std::size_t i = 0; i < reply.lines.size(); ++i) {
    text += std::to_string(reply.code) + (i + 1 < reply.lines.size() ? '-' : ' ');
    text += reply.lines[i] + '\n';
  }
  return text;
}

void check_reply(const smtp::Reply& reply) {
  fuzz::require(reply.code >= 200 && reply.code <= 599 && !reply.lines.empty());
  fuzz::require(reply.lines.size() <= smtp::kMaxReplyLines);
  for (const auto& line : reply.lines) fuzz::require(line.size() <= smtp::kMaxReplyLine);
  fuzz::require(reply.text().starts_with(std::to_string(reply.code)));
  const auto enhanced = reply.enhanced();
  fuzz::require(!enhanced || enhanced->status_class == reply.code / 100);
  for (const auto& mechanism : smtp::parse_extensions(reply).auth)
    fuzz::require(!mechanism.empty() && mechanism.find(' ') == mechanism.npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned seed = input.octet();
  const Heard heard = hear(fuzz::cut(input.rest(), 0));
  fuzz::require(hear(fuzz::cut(input.rest(), seed)) == heard && fuzz::printable(heard.complaint));
  std::string all;
  for (const smtp::Reply& reply : heard.replies) {
    check_reply(reply);
    all += written(reply);
  }
  const std::string stream = in_one_way(input.rest());
  fuzz::require(stream.starts_with(all));
  fuzz::require((stream.size() > all.size()) == (heard.half || !heard.complaint.empty()));
  return 0;
}
