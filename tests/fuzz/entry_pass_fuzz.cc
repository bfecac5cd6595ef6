// SPDX-License-Identifier: GPL-3.0-or-later
// A pass over any file: whoever passes gets the whole of it, however it is cut, and no octet behind
// the progress can change, go or come without being noticed, before the pass or meanwhile. Lengths
// and checksums are hard to guess, so the text is also tried with an Entry line that is right in
// the place of its first blank line; its message begins behind the second one.
#include "mailchute/entry_pass.h"

#include "fuzz/input.h"

using namespace mailchute;

namespace {

// In pieces of so many octets. From the second one on they are those of `later`.
Pieces pieces_of(std::string_view file, std::string_view later, std::size_t most) {
  return [=](std::uint64_t offset) {
    const std::string_view now = offset == 0 ? file : later;
    return queue::Piece{std::string(now.substr(std::min<std::size_t>(offset, now.size()), most)),
                        now.size()};
  };
}

struct Passed {
  bool whole = false;
  std::string error, octets;
  bool operator==(const Passed&) const = default;
};

Passed pass(const Pieces& pieces) {
  Passed passed;
  std::uint64_t left = 0;
  const EntryUser user{[&](const queue::Head& head, std::string_view octets) {
                         fuzz::require(passed.octets.empty());
                         fuzz::require(octets.size() == head.message_offset);
                         left = head.message_length;
                         passed.octets = octets;
                         return Result<>();
                       },
                       [&](std::string_view octets) {
                         fuzz::require(!octets.empty() && octets.size() <= left);
                         left -= octets.size();
                         passed.octets += octets;
                         return Result<>();
                       }};
  const auto result = pass_over(pieces, user);
  passed.whole = result.has_value();
  if (!result) passed.error = result.error().text;
  fuzz::require(fuzz::printable(passed.error) && (!passed.whole || left == 0));
  return passed;
}

bool passes(std::string_view file) { return pass(pieces_of(file, file, 1000)).whole; }

void check_changes(std::string_view file, std::size_t fixed, unsigned at, std::size_t most) {
  const std::size_t place = fixed + at * (file.size() - fixed) / 256;
  std::string changed(file);
  changed[place] ^= static_cast<char>(1 + at % 255);
  fuzz::require(!passes(changed) && !passes(file.substr(0, place)));
  fuzz::require(!passes(std::string(file) + "x"));
  // Who sees a change too late, or half of it, gets what was there before or nothing.
  const std::string begun(file.substr(0, place)), more = std::string(file) + changed;
  for (const std::string& later : {changed, begun, more}) {
    const Passed passed = pass(pieces_of(file, later, most));
    fuzz::require(!passed.whole || passed.octets == file);
  }
}

void check(std::string_view file, unsigned seed) {
  const std::size_t most = 1 + std::max(seed * 4UL, file.size() / 50);  // very many take long
  const Passed whole = pass(pieces_of(file, file, file.size() + 1));
  const Passed parts = pass(pieces_of(file, file, most));
  fuzz::require(parts.whole == whole.whole);
  if (!whole.whole) return;
  fuzz::require(parts == whole && whole.octets == file);
  const auto head = queue::parse_head(file, file.size());
  fuzz::require(pass(pieces_of(file, file, head->message_offset)) == whole);
  check_changes(file, head->envelope_offset - queue::kEntryLineLength, seed, most);
}

std::string with_entry_line(std::string_view progress, std::string_view rest) {
  const std::size_t end = rest.find("\n\n");
  const std::string_view envelope = rest.substr(0, end == rest.npos ? rest.size() : end + 1);
  const std::string_view message = rest.substr(std::min(rest.size(), envelope.size() + 1));
  queue::DigestBuilder digest;
  digest.update(envelope);
  digest.update(message);
  return std::string(progress) +
         queue::format_entry_line(envelope.size(), message.size(), digest.finish()) +
         std::string(envelope) + std::string(message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  queue::prepare_digests();  // not while one is being made
  fuzz::Input input(data, size);
  const unsigned seed = input.octet();
  const std::string_view text = input.rest();
  check(text, seed);
  const std::size_t blank = text.find("\n\n");
  if (blank == text.npos) return 0;
  check(with_entry_line(text.substr(0, blank + 1), text.substr(blank + 2)), seed);
  check(with_entry_line("", text.substr(blank + 2)), seed);
  return 0;
}
