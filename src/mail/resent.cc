// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/resent.h"

#include <set>
#include <string>

#include "base/text.h"

namespace mailchute::mail {
namespace {

bool is_resent(const Field& field) { return starts_with_ignoring_case(field.name(), kResent); }

}  // namespace

ResentBlock first_resent_block(const Header& header) {
  const std::vector<Field>& fields = header.fields;
  ResentBlock block;
  while (block.begin < fields.size() && !is_resent(fields[block.begin])) ++block.begin;
  block.end = block.begin;
  std::set<std::string> seen;
  while (block.end < fields.size() && is_resent(fields[block.end]) &&
         seen.insert(to_lower(fields[block.end].name())).second) {
    ++block.end;
  }
  return block;
}

}  // namespace mailchute::mail
