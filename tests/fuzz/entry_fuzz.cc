// SPDX-License-Identifier: GPL-3.0-or-later
// A queue file written by hand: what parses would be written the very same, and holds nothing that
// could break out of an SMTP command. Lengths are hard to guess, so the text is also tried with an
// Entry line that is right in the place of its first blank line.
#include "fuzz/input.h"
#include "queue/format.h"
#include "smtp/path.h"

using namespace mailchute;

namespace {

// A server that takes the path finds its end where it is.
void check_path(const std::string& address) {
  const std::string command = "<" + address + "> SIZE=1";
  std::string_view rest = command;
  if (smtp::take_path(rest)) fuzz::require(rest == " SIZE=1");
}

void check_head(const queue::Head& head, std::string_view text) {
  const std::string again = queue::format_progress(head.progress) +
                            queue::format_entry_line(head.message_offset - head.envelope_offset,
                                                     head.message_length, head.digest) +
                            queue::format_envelope(head.envelope);
  fuzz::require(text.substr(0, head.message_offset) == again);
  fuzz::require(head.message_offset + head.message_length == text.size());
  fuzz::require(queue::check_envelope(head.envelope).has_value());
  fuzz::require(fuzz::printable(head.envelope.reverse_path + head.envelope.envelope_id));
  check_path(head.envelope.reverse_path);
  for (const auto& recipient : head.envelope.recipients) {
    if (!recipient.defect.empty()) continue;
    fuzz::require(!recipient.address.empty() &&
                  fuzz::printable(recipient.address + recipient.original));
    check_path(recipient.address);
  }
  for (const auto& reply : head.progress.replies)
    fuzz::require(reply.recipient < head.envelope.recipients.size());
  fuzz::require(head.progress.digest_of.size() <= queue::kMaxDigest);
  for (std::size_t cut = 0; cut < head.message_offset; ++cut) {
    const auto length = queue::head_length(text.substr(0, cut));
    fuzz::require(length && (*length == 0 || *length == head.message_offset));
    fuzz::require(!queue::parse_head(text.substr(0, cut), text.size()));
  }
}

void parse(std::string_view text) {
  if (const auto head = queue::parse_head(text, text.size())) check_head(*head, text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::Input(data, size).rest();
  parse(text);
  const std::size_t blank = text.find("\n\n");
  if (blank == text.npos) return 0;
  const auto envelope = text.substr(blank + 2);
  parse(std::string(text.substr(0, blank + 1)) + queue::format_entry_line(envelope.size(), 0, {}) +
        std::string(envelope));
  parse(queue::format_entry_line(envelope.size(), 0, {}) + std::string(envelope));
  return 0;
}
