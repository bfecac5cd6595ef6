// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever a submitter wrote: what is sent starts with a Received field as the front end writes it,
// with the true uid.
#include "fuzz/input.h"
#include "mail/message_id.h"
#include "mail/received_check.h"

using namespace mailchute;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  mail::Trace truth{.hostname = "h.example", .uid = input.octet() * 1000, .queue_id = "ID"};
  const std::string_view message = input.rest();
  mail::HeaderReader reader;
  if (!reader.feed(message)) return 0;
  reader.finish();
  fuzz::require(reader.length() <= message.size());
  if (correct_received(reader.header(), truth))
    fuzz::require(!correct_received(reader.header(), truth));
  const std::string sent = reader.header().text();
  std::string_view rest = sent;
  if (rest.starts_with("Received: from ")) {
    rest.remove_prefix(rest.find('\n') + 1);
    fuzz::require(rest.starts_with("\tby "));
  } else {
    fuzz::require(rest.starts_with("Received: by "));
  }
  rest.remove_prefix(rest.find("by ") + 3);
  const std::string_view host = rest.substr(0, rest.find(' '));
  fuzz::require(mail::safe_domain(host) == host);
  rest.remove_prefix(host.size());
  fuzz::require(rest.starts_with(" (mailchute, from " + mail::format_origin(truth.uid) + ")\n"));
  return 0;
}
