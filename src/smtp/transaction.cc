// SPDX-License-Identifier: GPL-3.0-or-later
#include "smtp/transaction.h"

#include <utility>

#include "mail/envelope_words.h"

namespace mailchute::smtp {

TransactionState::TransactionState(Transaction transaction, const Extensions& extensions,
                                   bool first)
    : transaction_(std::move(transaction)), first_(first) {
  report_.id = transaction_.id;
  report_.recipients.resize(transaction_.recipients.size());
  make_use(extensions);
}

void TransactionState::make_use(const Extensions& offered) {
  const auto use = [this](Capability capability, bool wanted) {
    if (!wanted) return false;
    const bool without = transaction_.without.count(capability) != 0;
    if (without) report_.left_off.insert(capability);
    return !without;
  };
  const auto declare = [&](Capability capability, bool wanted) {
    if (use(capability, wanted)) report_.at_mail.insert(capability);
  };
  const bool about_all =
      transaction_.ret != mail::Return::unspecified || !transaction_.envelope_id.empty();
  bool about_some = false;
  for (const mail::Recipient& to : transaction_.recipients) {
    report_.wishes.push_back(!mail::notify_words(to.notify).empty() || !to.original.empty());
    about_some |= report_.wishes.back();
  }
  report_.pipelined = use(Capability::pipelining, offered.pipelining);
  declare(Capability::size, offered.size);
  declare(Capability::eight_bit_mime, offered.eight_bit_mime && transaction_.eight_bit);
  declare(Capability::smtp_utf8, offered.smtp_utf8 && transaction_.smtp_utf8);
  pass_wishes_on_ = use(Capability::dsn, offered.dsn && (about_all || about_some));
  if (pass_wishes_on_ && about_all) report_.at_mail.insert(Capability::dsn);
  if (!pass_wishes_on_) report_.wishes.assign(report_.wishes.size(), false);
}

std::string TransactionState::mail_command() const {
  std::string line = "MAIL FROM:<" + transaction_.reverse_path + ">";
  if (declares(Capability::size)) line += " SIZE=" + std::to_string(transaction_.size);
  if (declares(Capability::eight_bit_mime)) line += " BODY=8BITMIME";
  if (declares(Capability::smtp_utf8)) line += " SMTPUTF8";
  if (!pass_wishes_on_) return line;
  if (const auto ret = mail::return_word(transaction_.ret); !ret.empty())
    line.append(" RET=").append(ret);
  if (!transaction_.envelope_id.empty()) line += " ENVID=" + transaction_.envelope_id;
  return line;
}

std::string TransactionState::rcpt_command(const mail::Recipient& recipient) const {
  std::string line = "RCPT TO:<" + recipient.address + ">";
  if (!pass_wishes_on_) return line;
  if (const auto words = mail::notify_words(recipient.notify); !words.empty())
    line += " NOTIFY=" + words;
  if (!recipient.original.empty()) line += " ORCPT=" + recipient.original;
  return line;
}

bool TransactionState::commands_left() const {
  return commands_ < transaction_.recipients.size() + 3;
}

std::optional<TransactionState::Command> TransactionState::next_command() {
  const std::size_t recipients = transaction_.recipients.size();
  if (!commands_left() || (!pipelined() && refused_early())) return std::nullopt;
  const bool data = commands_ == recipients + 2;
  if (data && !pipelined() && accepted_ == 0) return std::nullopt;
  const std::size_t command = commands_++;
  if (command == 0) return Command{Stage::rset, 0, "RSET"};
  if (command == 1) return Command{Stage::mail, 0, mail_command()};
  if (data) return Command{Stage::data, 0, "DATA"};
  const std::size_t recipient = command - 2;
  return Command{Stage::rcpt, recipient, rcpt_command(transaction_.recipients[recipient])};
}

TransactionState::Step TransactionState::on_reply(Stage stage, std::size_t recipient,
                                                  const Reply& reply) {
  switch (stage) {
    case Stage::rset:
      report_.stage = Stage::mail;
      return reply.completed() ? Step::go_on : Step::fault;
    case Stage::mail: return on_mail_reply(reply);
    case Stage::rcpt: return on_rcpt_reply(recipient, reply);
    case Stage::data: return on_data_reply(reply);
    case Stage::message: return on_final_reply(reply);
    default: return Step::fault;
  }
}

TransactionState::Step TransactionState::on_mail_reply(const Reply& reply) {
  if (reply.completed()) report_.stage = Stage::rcpt;
  else report_.reply = reply;
  return refused_early() && commands_ == 2 ? Step::done : Step::go_on;
}

TransactionState::Step TransactionState::on_rcpt_reply(std::size_t recipient, const Reply& reply) {
  if (report_.stage != Stage::rcpt) return Step::go_on;  // to a group that was refused before
  report_.recipients[recipient] = reply;
  if (reply.completed()) ++accepted_;
  const bool last = ++answered_ == transaction_.recipients.size();
  if (last && accepted_ > 0) report_.stage = Stage::data;
  const bool data_is_out = !commands_left();
  return last && accepted_ == 0 && !data_is_out ? Step::done : Step::go_on;
}

TransactionState::Step TransactionState::on_data_reply(const Reply& reply) {
  if (report_.stage == Stage::data) {
    if (reply.intermediate()) {
      report_.stage = Stage::message;
      return Step::send_message;
    }
    report_.reply = reply;
    return reply.completed() ? Step::fault : Step::done;
  }
  if (reply.transient() || reply.permanent()) return Step::done;
  if (!reply.intermediate() || report_.stage != Stage::rcpt) return Step::fault;
  empty_message_ = true;
  return Step::send_dot;
}

TransactionState::Step TransactionState::on_final_reply(const Reply& reply) {
  if (empty_message_) return Step::done;
  if (reply.intermediate()) return Step::fault;
  if (reply.completed() && !report_.dot_sent) return Step::fault;  // to half a message
  report_.reply = reply;
  // A refusal in the middle of the message stands, but nobody knows what the rest would be taken
  // for.
  return report_.dot_sent ? Step::done : Step::fault;
}

TransactionReport TransactionState::report(std::string error) {
  if (!report_.reply) report_.error = std::move(error);
  return std::move(report_);
}

}  // namespace mailchute::smtp
