// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever the caller says (-f, -F, a recipient and $LOGNAME in four lines) and whatever the header
// is: the envelope can be queued, and the header has what it must, lacks what must go, and is read
// as one header again.
#include "fuzz/input.h"
#include "mail/submission.h"
#include "queue/format.h"

using namespace mailchute;

namespace {

std::string take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string line(text.substr(0, end));
  text.remove_prefix(std::min(text.size(), end + 1));
  return line;
}

mail::Header read_header(std::string_view text) {
  mail::HeaderReader reader;
  if (!reader.feed(text)) return {};
  reader.finish();
  return std::move(reader.header());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::Input(data, size).rest();
  mail::Request request;
  request.reverse_path = take_line(text);
  if (*request.reverse_path == "-") request.reverse_path.reset();
  request.full_name = take_line(text);
  request.recipients = {take_line(text)};
  request.recipients_from_header = true;
  const std::string login = take_line(text);
  const auto submission = mail::prepare(read_header(text), request,
                                        {"h.example", "d.example", 1, login, "", "ID", {}, 0});
  if (!submission) {
    fuzz::require(fuzz::printable(submission.error().text));
    return 0;
  }
  fuzz::require(queue::check_envelope(submission->envelope).has_value());
  fuzz::require(submission->header.ends_with("\n\n"));
  const mail::Header header = read_header(submission->header);
  std::string again;
  for (const mail::Field& field : header.fields) again += field.raw;
  fuzz::require(again + "\n" == submission->header && header.fields[0].is("Received"));
  for (const std::string name : {"Date", "From", "Message-ID"})
    fuzz::require(header.has(name) || header.has("Resent-" + name));
  for (const std::string_view name : {"Bcc", "Resent-Bcc", "Return-Path"}) fuzz::require(!header.has(name));
  for (const auto& bad : submission->bad) fuzz::require(fuzz::printable(bad.reason));
  return 0;
}
