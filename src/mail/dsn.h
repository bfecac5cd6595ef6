// SPDX-License-Identifier: GPL-3.0-or-later
// Delivery status notifications: a multipart/report (RFC 6522) of an explanation in plain words, a
// message/delivery-status part for programs (RFC 3464), and the message or its header. Never holds
// a message's body: the caller writes Dsn::head, the stored message where Dsn::whole_message says
// so, and Dsn::tail. Envelope: null reverse-path, one recipient (DsnReport::to). Nothing that a
// user or a server has written can add a field, a part or a line of its own; but for a returned
// message with octets above 127 all is US-ASCII in lines that every mail server takes.
//
// Auto-Submitted is "auto-replied": RFC 3834, 5, keeps that word for direct responses to a message,
// which a notification is, and "auto-generated" for what no message has caused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "mail/envelope.h"

namespace mailchute::mail {

enum class DsnAction { failed, delayed, delivered, relayed };  // RFC 3464, 2.3.3

// What brought a recipient's state about.
enum class DsnCause {
  reply,          // the last reply or error, which is in DsnRecipient::reply
  here,           // no mail server was asked so far; `reply` is why
  expired,        // tried until the message's lifetime was over; `reply` is the last of them
  administrator,  // took it out of the queue; `reply`, if any, is why, or from before
  no_address,     // nobody was asked; `reply` is why
  alias,          // the aliases of this machine refuse mail to it; `reply` are their words
};

struct DsnRecipient {
  std::string address;   // forward-path, as in mail::Recipient
  std::string original;  // ORCPT, as in mail::Recipient
  DsnAction action = DsnAction::failed;
  DsnCause cause = DsnCause::reply;
  std::string reply;       // "550 5.1.1 who?", or why there is none: not escaped
  std::string status;      // empty: from the reply, else by class; see dsn_status_code()
  std::string remote_mta;  // the smart host's name; empty: none was asked the last time
  std::optional<Time> last_attempt;
  std::optional<Time> retry_until;  // for delayed
};

// The message that the notification is about.
struct DsnOriginal {
  std::string queue_id;
  std::string envelope_id;  // ENVID, as in mail::Envelope
  Return ret = Return::unspecified;
  Time arrival{};
  std::string_view header;  // its header section, LF line ends
  std::uint64_t size = 0;   // the rest as in queue::MessageFacts
  std::uint64_t longest_line = 0;
  bool eight_bit = false;
  bool nul = false;
};

struct DsnReport {
  std::string hostname;
  // Of the notification, made by new_queue_id() now. The boundary comes from it, and so cannot
  // occur in a message that was written before; the original's id stands in its Received field.
  std::string queue_id;
  std::string to;  // the original's reverse-path, not null: nobody is told of a lost notification
  Time now{};
  int utc_offset = 0;  // seconds
  DsnOriginal original;
  std::vector<DsnRecipient> recipients;  // at least one
};

struct Dsn {
  std::string head;
  bool whole_message = false;  // the message's octets, as stored, stand between head and tail
  std::string tail;
  bool eight_bit = false;  // head, message and tail together
};

// Whether the sender is told of this: not of a message that is a notification itself (RFC 5321,
// 4.5.5); where he did not say of what (RFC 3461, 4.1), only of failure and delay.
bool wants_report(const Envelope& envelope, const Recipient& recipient, DsnAction action);

// Larger messages come back as header only where the sender did not say (RET), and where he wants
// all of it: a notification is written at one go, and he has the message.
inline constexpr std::uint64_t kMaxReturned = 50 << 10;
inline constexpr std::uint64_t kMaxReturnedOnRequest = 1 << 20;

Dsn compose_dsn(const DsnReport& report);

// Whether the whole message comes back: RET, its size, failure of at least one recipient (RFC 3461,
// 4.3), that it can travel inside another message at all (RFC 2045, 6.4: no encoding there), and
// that it was not refused for its size, its content or by a rule: with it the notification would
// be, too.
bool returns_whole_message(const DsnReport& report);

}  // namespace mailchute::mail
