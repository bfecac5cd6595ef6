// SPDX-License-Identifier: GPL-3.0-or-later
// A message on its way out: the entry, the recipients that are still to do, and what is sent in
// place of the header where that is not sent as it is. The header is read once and everybody who
// has something to change in it changes the same one, in this order: Received, the sender.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "mail/mime_plan.h"
#include "mail/sender_policy.h"
#include "queue/entry.h"
#include "relay/readdress.h"
#include "smtp/transaction.h"

namespace mailchute::relay {

struct Correction {
  std::size_t replaces;  // octets from the start of the message
  std::string text;      // to be sent in their place; ends with a line
};

struct Outgoing {
  queue::Entry entry;
  std::vector<std::size_t> recipients{};  // indices in the envelope
  std::vector<Settled> settled{};         // to do as well, but not by the smart host
  std::string reverse_path{};             // as they are sent
  std::vector<std::string> addresses{};   // those of `recipients`
  bool alone = false;  // may have been delivered before: nothing else is in flight beside it
  bool more = false;   // others of its route are left for another transaction
  bool later_in_round = false;  // others have been tried before, in this attempt
  std::optional<Correction> correction{};
  std::uint64_t wire_size = 0;
  smtp::Capabilities without{};  // what is not made use of, though it is offered (learned.h)

  // What this server takes only with changes; see fitting.h.
  std::string held{};  // why nobody gets it for now
  mail::MimeTarget target{};
  mail::MimePlan plan{};
  bool eight_bit = false;
  bool smtp_utf8 = false;

  // `settled` as readdress() says. Of a large message only the header is read.
  static Result<Outgoing> prepare(queue::Entry entry, const mail::SenderPolicy& policy,
                                  std::vector<Settled> settled = {});

  // Those of `recipients` as they stand in the envelope.
  std::vector<std::string> envelope_addresses() const;
  smtp::Transaction transaction(smtp::TransactionId id) const;

 private:
  void sort_recipients();
};

bool to_do(queue::RecipientStatus status);

}  // namespace mailchute::relay
