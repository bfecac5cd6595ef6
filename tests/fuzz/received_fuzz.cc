// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever a submitter wrote: what is sent starts with a Received field as the front end writes it,
// with the true uid.
#include "fuzz/input.h"
#include "mail/message_id.h"
#include "mail/received_check.h"

using namespace mailchute;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  mail::Trace truth{"h.example", input.octet() * 1000, "ID", "you@x.example", {}, 0};
  const std::string_view message = input.rest();
  mail::HeaderReader reader;
  if (!reader.feed(message)) return 0;
  reader.finish();
  fuzz::require(reader.length() <= message.size());
  if (correct_received(reader.header(), truth))
    fuzz::require(!correct_received(reader.header(), truth));
  const std::string sent = reader.header().text();
  const std::string_view line = std::string_view(sent).substr(0, sent.find('\n'));
  const std::string_view start = "Received: by ";
  fuzz::require(line.size() < sent.size() && line.starts_with(start));
  const std::string_view host = line.substr(start.size(), line.find(' ', start.size()) - start.size());
  fuzz::require(mail::safe_domain(host) == host);
  const auto digits = line.substr(std::min(line.size(), line.rfind(' ') + 1));
  const auto uid = line.substr(start.size() + host.size());
  fuzz::require(uid == " (mailchute, from uid " + std::string(digits));
  fuzz::require(digits.ends_with(')') && parse_number(digits.substr(0, digits.size() - 1)) == truth.uid);
  return 0;
}
