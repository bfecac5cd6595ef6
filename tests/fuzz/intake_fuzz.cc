// SPDX-License-Identifier: GPL-3.0-or-later
// A message that comes by SMTP, from a sender in its first line: what is handed on is the same
// however it is cut, begins with our Received field, and ends with the body as it came.
#include "fuzz/input.h"
#include "mail/intake.h"

using namespace mailchute;

namespace {

struct Collected : mail::Destination {
  Result<> begin(const mail::Envelope& envelope) override {
    fuzz::require(++begun == 1);
    text = envelope.reverse_path + "\n";
    for (const auto& recipient : envelope.recipients) text += recipient.address + "\n";
    return {};
  }
  Result<> write(std::string_view octets) override {
    fuzz::require(begun == 1);
    message += octets;
    return {};
  }

  int begun = 0;
  std::string text;
  std::string message;
};

Collected mended(const mail::Envelope& envelope, const std::vector<std::string_view>& pieces) {
  Collected collected;
  const auto prepare = [&](const mail::Header& header) {
    return mail::prepare(header, envelope, "ESMTP", {"h.example", "d.example", 1, "", "", "ID", {}, 0});
  };
  mail::Intake intake(prepare, collected);
  for (const auto piece : pieces) fuzz::require(intake.feed(piece).has_value());
  fuzz::require(intake.finish() && collected.begun == 1);
  return collected;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned seed = input.octet();
  std::string_view text = input.rest();
  mail::Envelope envelope;
  const std::size_t end = std::min(text.find('\n'), text.size());
  const mail::Address sender{std::string(text.substr(0, end)), {}};
  if (mail::check(sender)) envelope.reverse_path = sender.text();
  envelope.recipients = {{"root", "", {}}, {"\"a b\"@X", "", {}}, {"root@h.example", "", {}}};
  text.remove_prefix(std::min(text.size(), end + 1));

  const Collected whole = mended(envelope, fuzz::cut(text, 0));
  const Collected parts = mended(envelope, fuzz::cut(text, seed));
  fuzz::require(whole.text == parts.text && whole.message == parts.message);
  fuzz::require(whole.text.ends_with("\nroot@h.example\n\"a b\"@X\n"));
  fuzz::require(whole.message.starts_with("Received: by h.example (mailchute, from uid 1)\n\twith ESMTP id ID;\n"));
  mail::HeaderReader reader;
  fuzz::require(reader.feed(text).has_value());
  reader.finish();
  fuzz::require(whole.message.ends_with("\n\n" + std::string(reader.body())));
  return 0;
}
