// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/fitting.h"

#include <algorithm>
#include <utility>

#include "relay/idna.h"
#include "relay/message_stream.h"
#include "relay/unsendable.h"

namespace mailchute::relay {
namespace {

// Of both sides of the last '@'.
struct Halves {
  std::string_view local;  // with the '@'
  std::string_view domain;
};

Halves halves(std::string_view address) {
  const std::size_t domain = address.rfind('@') + 1;
  return {address.substr(0, domain), address.substr(domain)};
}

// False: it needs SMTPUTF8.
bool make_ascii(std::string& address) {
  if (!mail::has_eight_bit(address)) return true;
  const auto [local, domain] = halves(address);
  if (local.empty() || mail::has_eight_bit(local)) return false;
  auto ascii = to_a_labels(domain);
  if (ascii) address = std::string(local) + *ascii;
  return ascii.has_value();
}

void fit_reverse_path(Outgoing& message) {
  if (make_ascii(message.reverse_path)) return;
  message.smtp_utf8 = true;
  if (message.target.utf8_header) return;
  message.held = "5.6.7 the sender's address needs SMTPUTF8, which the smart host does not offer";
}

void fit_recipients(Outgoing& message) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < message.recipients.size(); ++i) {
    std::string& address = message.addresses[i];
    const bool ascii = make_ascii(address);
    if (!ascii && !message.target.utf8_header) {
      const Unsendable why{"5.6.7",
                           "the address needs SMTPUTF8, which the smart host does not offer"};
      message.settled.push_back(
          {message.recipients[i], {Verdict::What::failed, unsendable_reply(why), why.status}});
      continue;
    }
    message.smtp_utf8 |= !ascii;
    message.recipients[kept] = message.recipients[i];
    if (kept != i) message.addresses[kept] = std::move(address);
    ++kept;
  }
  message.recipients.resize(kept);
  message.addresses.resize(kept);
}

bool needs_a_look(const Outgoing& message) {
  const queue::MessageFacts& facts = message.entry.facts();
  if (facts.nul || facts.cr || facts.longest_line > mail::kMaxLine || facts.eight_bit_header)
    return true;
  return (facts.eight_bit && !message.target.eight_bit) ||
         message.entry.envelope().body == mail::BodyType::binary_mime;
}

template <typename Text, typename Use>
Result<> read_all(Text text, Use use) {
  for (;;) {
    const auto piece = text.next();
    if (!piece) return failure(piece.error());
    if (piece->empty()) return {};
    use(*piece);
  }
}

void nobody_gets_it(Outgoing& message, const Unsendable& why) {
  for (const std::size_t i : std::exchange(message.recipients, {})) {
    message.settled.push_back({i, {Verdict::What::failed, unsendable_reply(why), why.status}});
  }
  message.addresses.clear();
}

// RFC 6152, 3: not sent to a server without 8BITMIME. But nobody is told of a notification that is
// lost, and many a server takes more than it promises; so does one that offers 8BITMIME and only
// does not know how it is asked for.
void meet_obstacle(Outgoing& message, const smtp::Extensions& offered) {
  if (message.reverse_path.empty() || offered.eight_bit_mime) return;
  const bool sealed = message.plan.obstacle == mail::MimePlan::Obstacle::sealed;
  nobody_gets_it(
      message,
      {"5.6.3", std::string(sealed ? "it is signed or encrypted, which encoding would break"
                                   : "its MIME structure is too broken to encode its parts") +
                    ", and holds octets above 127, for which the smart host does not offer "
                    "8BITMIME"});
}

Result<> plan_text(Outgoing& message, const smtp::Extensions& offered) {
  mail::MimePlanner planner(message.target);
  auto read = read_all(MessageText(message), [&](std::string_view piece) { planner.feed(piece); });
  if (!read) return read;
  message.plan = planner.finish();
  message.eight_bit = message.plan.eight_bit;
  message.smtp_utf8 |= message.plan.utf8_header;
  if (message.plan.obstacle != mail::MimePlan::Obstacle::none) meet_obstacle(message, offered);
  if (!message.plan.changes || message.recipients.empty()) return {};
  message.wire_size = 0;
  return read_all(MessageStream(message), [&](std::string_view piece) {
    message.wire_size +=
        piece.size() + static_cast<std::size_t>(std::count(piece.begin(), piece.end(), '\n'));
  });
}

}  // namespace

Result<Outgoing> fitted(Outgoing message, const smtp::Extensions& offered) {
  const auto used = [&](smtp::Capability it) { return message.without.count(it) == 0; };
  message.target.eight_bit = offered.eight_bit_mime && used(smtp::Capability::eight_bit_mime);
  message.target.utf8_header = offered.smtp_utf8 && offered.eight_bit_mime &&  // RFC 6531, 3.1
                               used(smtp::Capability::smtp_utf8);
  message.target.to_ascii = to_a_labels;
  fit_reverse_path(message);
  fit_recipients(message);
  if (message.held.empty() && !message.recipients.empty() && needs_a_look(message)) {
    if (auto planned = plan_text(message, offered); !planned) {
      return failure(Error::Kind::temporary, planned.error().text);
    }
  }
  return message;
}

}  // namespace mailchute::relay
