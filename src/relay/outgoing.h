// SPDX-License-Identifier: GPL-3.0-or-later
// A message on its way out: the entry, the recipients that are still to do, and what must be
// corrected in what the submitter wrote of himself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "mail/received_check.h"
#include "queue/entry.h"
#include "smtp/transaction.h"

namespace mailchute::relay {

struct Outgoing {
  queue::Entry entry;
  std::vector<std::size_t> recipients;  // indices in the envelope
  bool alone = false;  // may have been delivered before: nothing else is in flight beside it
  std::optional<mail::Correction> correction;
  std::uint64_t wire_size = 0;

  // `hostname` for a Received field that is missing. Reads the start of a large message.
  static Result<Outgoing> prepare(queue::Entry entry, const std::string& hostname);

  smtp::Transaction transaction(smtp::TransactionId id) const;
};

bool to_do(queue::RecipientStatus status);

}  // namespace mailchute::relay
