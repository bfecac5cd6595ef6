// SPDX-License-Identifier: GPL-3.0-or-later
// A message cut anywhere (the first octet says how) gives the same header and body as in one piece,
// and mending it never loses a field but those that must go.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "mail/header.h"
#include "mail/message_input.h"
#include "mail/submission.h"

using namespace mailchute::mail;

namespace {

struct Parsed {
  std::string header;
  std::string body;
  bool operator==(const Parsed&) const = default;
};

Parsed parse(std::string_view octets, std::size_t piece, Header& header) {
  MessageInput input(false);
  HeaderReader reader;
  Parsed parsed;
  for (bool more = true; more;) {
    std::string text;
    const std::string_view part = octets.substr(0, piece);
    octets.remove_prefix(part.size());
    input.feed(part, text);
    more = !octets.empty();
    if (!more) input.finish(text);
    if (reader.ended()) {
      parsed.body += text;
    } else if (!reader.feed(text)) {
      return parsed;
    }
  }
  reader.finish();
  parsed.body.insert(0, reader.body());
  for (const Field& field : reader.header().fields) parsed.header += field.raw;
  header = std::move(reader.header());
  return parsed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view octets(reinterpret_cast<const char*>(data) + 1, size - 1);
  Header header;
  const Parsed whole = parse(octets, size, header);
  if (parse(octets, data[0] % 16 + 1u, header) != whole) std::abort();
  Request request;
  request.recipients = {"you@x.example"};
  request.recipients_from_header = true;
  const auto submission =
      prepare(header, request, {"h.example", "d.example", 1, "me", "", "ID", {}, 0});
  if (!submission || submission->header.size() < 100) std::abort();
  return 0;
}
