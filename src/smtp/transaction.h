// SPDX-License-Identifier: GPL-3.0-or-later
// One mail transaction (RFC 5321, 3.3) within a client session: which command comes next, and what
// its replies mean for this transaction alone. It opens with RSET, and a recipient counts as taken
// only if RSET, MAIL, its RCPT and the reply to the message were all positive: servers exist that
// go on with the reverse-path of the transaction before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mail/envelope.h"
#include "smtp/extensions.h"
#include "smtp/reply.h"
#include "smtp/stage.h"

namespace mailchute::smtp {

using TransactionId = std::uint64_t;

// One message for some recipients. Addresses are free of control characters (queue/format.h).
struct Transaction {
  TransactionId id = 0;
  std::string reverse_path;
  std::vector<mail::Recipient> recipients;  // at least one
  std::uint64_t size = 0;                   // octets on the wire (RFC 1870, 6)
  bool eight_bit = false;
  bool smtp_utf8 = false;  // an address or the header needs it
  // What the sender wants to hear of, passed on to a smart host that offers DSN (RFC 3461, 5.2).
  mail::Return ret = mail::Return::unspecified;
  std::string envelope_id{};  // in xtext
  Capabilities without{};     // not made use of, though they are offered
};

// What became of a transaction, as facts; what they mean for the message is the relay's to say.
struct TransactionReport {
  TransactionId id = 0;
  // How far it came. rset: the smart host took no note of the message; mail: refused or lost there;
  // rcpt: no recipient was taken, or lost there; and so on.
  Stage stage = Stage::rset;
  // To RCPT, in the order of Transaction::recipients; none where no reply came.
  std::vector<std::optional<Reply>> recipients;
  // To the command of `stage` (not rcpt: see above); none when the connection was lost there.
  std::optional<Reply> reply;
  std::string error;      // why there is no reply, or one of this side's own
  bool dot_sent = false;  // without a reply, the smart host may have taken the message all the same
  bool local = false;     // the reply is this side's own (SIZE), nothing was sent
  bool after_another = false;  // which was taken over the same connection
  bool dropped = false;        // the connection ended in this, its first one, not with 421

  // Of what is offered: what came with MAIL, which RCPT came with a parameter, whether commands
  // came together; and what there would have been had it not been left off.
  Capabilities at_mail{};
  std::vector<bool> wishes{};
  bool pipelined = false;
  Capabilities left_off{};
};

class TransactionState {
 public:
  TransactionState(Transaction transaction, const Extensions& extensions, bool first);

  TransactionId id() const { return transaction_.id; }
  bool first() const { return first_; }  // of its connection
  bool pipelined() const { return report_.pipelined; }

  struct Command {
    Stage stage;
    std::size_t recipient;  // where stage is rcpt
    std::string line;       // without CRLF
  };
  // The next command of the group RSET, MAIL, RCPT..., DATA; nothing when all are sent, or when the
  // replies so far leave no reason to go on. pipelined() commands do not wait for replies.
  std::optional<Command> next_command();

  enum class Step {
    go_on,         // more replies or commands to come
    send_message,  // 354: now the message
    send_dot,      // 354 though no recipient was taken: an empty message (RFC 2920, 3.1)
    done,          // report() is complete
    fault,         // the server mixes things up: close, whatever it says later
  };
  Step on_reply(Stage stage, std::size_t recipient, const Reply& reply);

  // Every octet of the message and its final dot are on their way.
  void on_message_sent() { report_.dot_sent = true; }
  bool message_sent() const { return report_.dot_sent || empty_message_; }
  // Nothing but the reply to the message is missing.
  bool awaits_final_reply() const { return report_.stage == Stage::message && message_sent(); }

  // The facts as they stand. `error` is why nothing more can come, empty at an orderly end.
  TransactionReport report(std::string error);

 private:
  Step on_mail_reply(const Reply& reply);
  Step on_rcpt_reply(std::size_t recipient, const Reply& reply);
  Step on_data_reply(const Reply& reply);
  Step on_final_reply(const Reply& reply);
  bool refused_early() const { return report_.reply.has_value(); }
  bool commands_left() const;
  std::string mail_command() const;
  std::string rcpt_command(const mail::Recipient& recipient) const;

  void make_use(const Extensions& offered);
  bool declares(Capability capability) const { return report_.at_mail.count(capability) != 0; }

  Transaction transaction_;
  bool first_;
  bool pass_wishes_on_ = false;
  std::size_t commands_ = 0;  // sent so far: 0 RSET, 1 MAIL, 2... RCPT, last DATA
  std::size_t answered_ = 0;  // replies to RCPT
  std::size_t accepted_ = 0;  // of them positive
  bool empty_message_ = false;
  TransactionReport report_;
};

}  // namespace mailchute::smtp
