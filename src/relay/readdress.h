// SPDX-License-Identifier: GPL-3.0-or-later
// What is made of a message's recipients on this machine (mail/routing.h), just before it is sent:
// the entry is readdressed in memory, and who cannot be sent to gets a verdict without the smart
// host.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/routing.h"
#include "queue/entry.h"
#include "relay/verdict.h"

namespace mailchute::relay {

struct Settled {
  std::size_t recipient;  // index in the envelope as it is then
  Verdict verdict;
};

// Recipients that are to do and are not known yet to be final. Nobody gets the message twice who
// stands in the envelope already. What cannot be sent for now is deferred, with the place to be
// mended.
std::vector<Settled> readdress(queue::Entry& entry, const mail::Router& router);

// The reply kept for a recipient that an alias refuses, and the alias' words out of it; nothing
// where it is another reply.
std::string refused_by_alias(std::string_view words);
std::optional<std::string_view> words_of_alias(std::string_view reply);

}  // namespace mailchute::relay
