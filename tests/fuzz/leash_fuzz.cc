// SPDX-License-Identifier: GPL-3.0-or-later
// What a worker that is in an attacker's hands tells its keeper, and how mail is as it says: what is
// understood says the same when it is written again, and what is made known of it is one line.
#include "mailchuted/leash.h"

#include "fuzz/input.h"
#include "mailchuted/condition.h"

using namespace mailchute;
using namespace mailchute::mailchuted;

namespace {

void check_message(std::string_view packet) {
  const auto message = parse_message(packet);
  if (!message) return;
  fuzz::require(message->kind != Message::Kind::gone);
  const auto again = parse_message(format_message(*message));
  fuzz::require(again && again->kind == message->kind && again->text == message->text);
  const relay::Inheritance &one = message->inheritance, &other = again->inheritance;
  fuzz::require(one.elsewhere == other.elsewhere && one.deadly == other.deadly &&
                one.possibly_delivered == other.possibly_delivered);
}

void check_condition(std::string_view text) {
  const auto condition = parse_condition(text);
  if (!condition) return fuzz::require(parse_troubles(text).empty());
  fuzz::require(parse_condition(format_condition(*condition)) == condition);
  const auto troubles = parse_troubles(text);
  fuzz::require(troubles.size() == condition->signs.size());
  fuzz::require(parse_troubles(format_troubles(troubles)) == troubles);
  fuzz::require(fuzz::printable(headline(troubles)) && fuzz::printable(headline(serious(troubles))));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view packet = fuzz::Input(data, size).rest();
  check_message(packet);
  if (const auto message = parse_message(packet)) check_condition(message->text);
  return 0;
}
