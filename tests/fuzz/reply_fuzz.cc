// SPDX-License-Identifier: GPL-3.0-or-later
// A stream of replies gives the same replies, and the same complaint, however it is cut.
#include "fuzz/input.h"
#include "smtp/extensions.h"
#include "smtp/reply.h"

using namespace mailchute;

namespace {

struct Heard {
  std::vector<smtp::Reply> replies;
  std::string complaint;
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
  return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned seed = input.octet();
  const Heard heard = hear(fuzz::cut(input.rest(), 0));
  fuzz::require(hear(fuzz::cut(input.rest(), seed)) == heard && fuzz::printable(heard.complaint));
  for (const smtp::Reply& reply : heard.replies) {
    fuzz::require(reply.code >= 200 && reply.code <= 599 && !reply.lines.empty());
    fuzz::require(reply.lines.size() <= smtp::kMaxReplyLines && reply.text().size() >= 3);
    for (const auto& mechanism : smtp::parse_extensions(reply).auth)
      fuzz::require(mechanism.find(' ') == mechanism.npos);
  }
  return 0;
}
