// SPDX-License-Identifier: GPL-3.0-or-later
// A message however cut: its lines end with LF and nothing else of it changes; header and body are
// the text again; mending adds fields and takes only those that must go, in the order they had.
#include <string>

#include "fuzz/input.h"
#include "mail/header.h"
#include "mail/message_input.h"
#include "mail/submission.h"

using namespace mailchute;
using namespace mailchute::mail;

namespace {

struct Parsed {
  Header header;
  std::string body;
};

std::string read_text(const std::vector<std::string_view>& pieces, bool ignore_dots) {
  MessageInput input(ignore_dots);
  std::string text;
  for (const auto piece : pieces) input.feed(piece, text);
  input.finish(text);
  return text;
}

// The same, line by line.
std::string read_lines(std::string_view octets, bool ignore_dots) {
  std::string text;
  while (!octets.empty()) {
    const std::size_t end = octets.find('\n');
    std::string_view line = octets.substr(0, end);
    octets.remove_prefix(std::min(octets.size(), line.size() + 1));
    if (end != octets.npos && line.ends_with('\r')) line.remove_suffix(1);
    if (line == "." && !ignore_dots) break;
    text.append(line).append("\n");
  }
  return text;
}

Parsed parse(const std::vector<std::string_view>& pieces) {
  HeaderReader reader;
  Parsed parsed;
  for (const auto piece : pieces) {
    if (reader.ended()) parsed.body += piece;
    else fuzz::require(reader.feed(piece).has_value());
  }
  reader.finish();
  parsed.body.insert(0, reader.body());
  parsed.header = std::move(reader.header());
  return parsed;
}

std::string text_of(const Header& header) {
  std::string text;
  for (const Field& field : header.fields) text += field.raw;
  return text;
}

// Lines that mbox puts before a header go, with the blank line behind it; nothing else does.
void check_parts(std::string_view text, const Parsed& parsed) {
  fuzz::require(text.ends_with(parsed.body));
  text.remove_suffix(parsed.body.size());
  const std::string header = text_of(parsed.header);
  const bool blank = text == "\n" || text.ends_with("\n\n");
  if (blank) text.remove_suffix(1);
  fuzz::require(text.ends_with(header));
  text.remove_suffix(header.size());
  fuzz::require(text.empty() || blank || !header.empty());
  for (auto line : split(text, '\n'))
    fuzz::require(line.empty() || line.starts_with("From ") || line.starts_with(">From "));
}

bool goes(const Field& field) {
  return field.is("Bcc") || field.is("Resent-Bcc") || field.is("Return-Path");
}

// In those with addresses a bare name gets its domain.
bool stays_as_it_is(const Field& field) {
  for (const std::string prefix : {"", "Resent-"})
    for (const std::string name : {"From", "Sender", "Reply-To", "To", "Cc"})
      if (field.is(prefix + name)) return false;
  return true;
}

void check_mended(const Header& before, std::string_view after) {
  for (const Field& field : before.fields) {
    if (goes(field)) continue;
    const std::string start = stays_as_it_is(field) ? field.raw : field.raw.substr(0, field.raw.find(':'));
    const std::size_t at = ("\n" + std::string(after)).find("\n" + start);
    fuzz::require(at != std::string::npos);
    after.remove_prefix(at + start.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned bits = input.octet();
  const bool ignore_dots = (bits & 128) != 0;
  const std::string text = read_text(fuzz::cut(input.rest(), 0), ignore_dots);
  fuzz::require(read_text(fuzz::cut(input.rest(), bits & 127), ignore_dots) == text);
  fuzz::require(read_lines(input.rest(), ignore_dots) == text);

  const Parsed whole = parse(fuzz::cut(text, 0));
  const Parsed parts = parse(fuzz::cut(text, bits & 127));
  fuzz::require(text_of(parts.header) == text_of(whole.header) && parts.body == whole.body);
  check_parts(text, whole);

  Request request;
  request.recipients = {"you@x.example"};
  request.recipients_from_header = true;
  const auto submission =
      prepare(whole.header, request, {"h.example", "d.example", 1, "me", "", "ID", {}, 0});
  fuzz::require(submission.has_value());
  check_mended(whole.header, submission->header);
  return 0;
}
