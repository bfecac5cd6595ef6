// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever a header and a reverse-path (the first line) say: what the sender's policy makes of them
// is one header, no field but Sender is lost and no other touched, each field that was written is
// fit to be sent, one address is enough where only one is allowed, and doing it again changes nothing.
#include "fuzz/input.h"
#include "mail/address_list.h"
#include "mail/sender_policy.h"

using namespace mailchute;
using mail::Header;
using mail::SenderPolicy;

namespace {

Header read(std::string_view text) {
  mail::HeaderReader reader;
  fuzz::require(reader.feed(text).has_value());
  reader.finish();
  fuzz::require(reader.length() == text.size());
  return std::move(reader.header());
}

bool says_who(const mail::Field& field) {
  std::string_view name = field.name();
  if (starts_with_ignoring_case(name, "Resent-")) name.remove_prefix(7);
  for (const auto known : {"From", "Sender", "Reply-To"}) {
    if (equal_ignoring_case(name, known)) return true;
  }
  return false;
}

bool is_sender(const mail::Field& field) {
  return field.is("Sender") || field.is("Resent-Sender");
}

// The fields that no policy touches, and how often the first of the others comes.
std::string untouched(const Header& header) {
  std::string text;
  for (const mail::Field& field : header.fields) text += says_who(field) ? "" : field.raw;
  return text;
}

std::size_t count(const Header& header, std::string_view name) {
  return static_cast<std::size_t>(std::count_if(header.fields.begin(), header.fields.end(),
                                                [&](const auto& field) { return field.is(name); }));
}

void check_written(const mail::Field& field) {
  fuzz::require(field.raw.find('\r') == field.raw.npos);
  std::string_view text = field.raw;
  fuzz::require(text.ends_with('\n'));
  text.remove_suffix(1);
  for (const std::string_view line : split(text, '\n'))
    fuzz::require(line.size() <= 998 && !trim(line).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  SenderPolicy policy{.hostname = "h.example", .domain = "d.example"};
  const unsigned how = input.octet();
  policy.kind = how % 2 == 0 ? SenderPolicy::Kind::domain : SenderPolicy::Kind::fixed;
  policy.address = {"one", "fixed.example"};
  if (how & 2) policy.exceptions.push_back(mail::AddressPattern::parse("a*@*").value());
  if (how & 4) policy.domain = policy.hostname;
  const std::string_view text = input.rest();
  const std::string_view path = text.substr(0, text.find('\n'));
  const std::string_view message = text.substr(std::min(path.size() + 1, text.size()));

  const std::string path_as_sent = policy.as_sent(path);
  fuzz::require(policy.as_sent(path_as_sent) == path_as_sent && path_as_sent.empty() == path.empty());

  mail::HeaderReader reader;
  if (!reader.feed(message)) return 0;
  reader.finish();
  const Header before = reader.header();
  Header after = before;
  const bool changed = apply(policy, path, after);
  fuzz::require(changed == (before.text() != after.text()));
  Header again = read(after.text());
  fuzz::require(again.fields.size() == after.fields.size() && untouched(before) == untouched(after));
  for (const mail::Field& field : after.fields) {
    const bool as_before = std::any_of(before.fields.begin(), before.fields.end(),
                                       [&](const auto& other) { return other.raw == field.raw; });
    if (!as_before) check_written(field);
  }
  for (const mail::Field& field : before.fields) fuzz::require(is_sender(field) || after.has(field.name()));
  if (policy.kind == SenderPolicy::Kind::fixed) fuzz::require(count(after, "From") >= 1);
  if (count(before, "From") <= 1) fuzz::require(count(after, "From") <= 1);
  fuzz::require(!apply(policy, path, again));
  return 0;
}
