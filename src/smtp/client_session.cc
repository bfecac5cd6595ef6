// SPDX-License-Identifier: GPL-3.0-or-later
#include "smtp/client_session.h"

#include <algorithm>
#include <utility>

namespace mailchute::smtp {

ClientSession::ClientSession(Options options)
    : options_(std::move(options)), handshaking_(options_.tls_from_start) {
  expected_.push_back({Stage::greeting});
}

std::optional<Action> ClientSession::next() {
  if (actions_.empty()) return std::nullopt;
  Action action = std::move(actions_.front());
  actions_.pop_front();
  return action;
}

std::optional<Stage> ClientSession::waiting_for() const {
  if (handshaking_) return Stage::tls;
  if (over() || expected_.empty()) return std::nullopt;
  return expected_.front().stage;
}

std::optional<TransactionId> ClientSession::waiting_transaction() const {
  if (over() || expected_.empty() || expected_.front().transaction == 0) return std::nullopt;
  return expected_.front().transaction;
}

// Events

void ClientSession::on_octets(std::string_view octets) {
  if (handshaking_ || over()) return;
  parser_.feed(octets);
  while (!over() && !handshaking_) {
    auto reply = parser_.next();
    if (!reply) {
      const Stage stage = expected_.empty() ? Stage::idle : expected_.front().stage;
      return end(Close::Trouble{stage, std::nullopt, reply.error().text, true});
    }
    if (!*reply) return;
    ++replies_;
    handle(**reply);
  }
}

void ClientSession::on_tls(bool verified) {
  secure_ = true;
  verified_ = verified;
  handshaking_ = false;
  if (!options_.tls_from_start) greet();
}

void ClientSession::on_closed(const std::string& why) {
  if (over()) return;
  const bool nothing_asked = !handshaking_ && expected_.empty() && in_flight_.empty();
  if (phase_ == Phase::leaving || nothing_asked) return end(std::nullopt);
  end(Close::Trouble{waiting_for().value_or(Stage::idle), std::nullopt, why});
}

void ClientSession::on_timeout() {
  if (over()) return;
  if (phase_ == Phase::leaving) return end(std::nullopt);
  const Stage stage = waiting_for().value_or(Stage::idle);
  end(Close::Trouble{stage, std::nullopt, "no answer in time at " + std::string(name_of(stage))});
}

void ClientSession::on_message_sent(TransactionId id) {
  if (TransactionState* transaction = find(id)) transaction->on_message_sent();
}

void ClientSession::on_message_lost(TransactionId, const std::string& why) {
  if (!over()) end(Close::Trouble{Stage::message, std::nullopt, why});
}

bool ClientSession::wants_transaction() const {
  if (phase_ != Phase::ready || quitting_ || ending_) return false;
  if (in_flight_.empty()) return true;
  return extensions_.pipelining && in_flight_.size() == 1 &&
         in_flight_.front().awaits_final_reply();
}

void ClientSession::begin(Transaction transaction) {
  const std::uint64_t limit = extensions_.size_limit;
  if (limit != 0 && transaction.size > limit) {
    TransactionReport report{transaction.id, Stage::mail, {}, std::nullopt, {}, false, true};
    report.recipients.resize(transaction.recipients.size());
    report.reply = Reply{552, {"5.3.4 too large"}};
    report.error = "the message has " + std::to_string(transaction.size) +
                   " octets, and the smart host takes " + std::to_string(limit);
    actions_.emplace_back(std::move(report));
    return;
  }
  in_flight_.emplace_back(std::move(transaction), extensions_, !std::exchange(began_one_, true));
  advance(in_flight_.back());
}

void ClientSession::quit() {
  quitting_ = true;
  if (phase_ == Phase::ready && in_flight_.empty()) leave();
}

void ClientSession::withdraw_rider() {
  if (!has_rider()) return;
  ending_ = true;
  report(in_flight_.back(), "withdrawn: the message before it takes long");
  in_flight_.pop_back();
}

// The handshake

void ClientSession::greet() { ask(Stage::ehlo, "EHLO " + options_.hostname); }

void ClientSession::on_greeting(const Reply& reply) {
  reply.completed() ? greet() : refused(Stage::greeting, reply);
}

void ClientSession::on_ehlo(const Reply& reply) {
  if (reply.completed()) {
    extensions_ = parse_extensions(reply);
    return after_ehlo();
  }
  if (!reply.permanent() || std::exchange(helo_, true)) return refused(Stage::ehlo, reply);
  ask(Stage::ehlo, "HELO " + options_.hostname);  // RFC 5321, 3.2
}

void ClientSession::after_ehlo() {
  if (!options_.starttls || secure_) return authenticate();
  if (extensions_.starttls) return ask(Stage::starttls, "STARTTLS");
  end(Close::Trouble{Stage::starttls, std::nullopt,
                     "the smart host does not offer STARTTLS; nothing is sent in clear text unless "
                     "tls = \"none\" is set"});
}

void ClientSession::on_starttls(const Reply& reply) {
  if (!reply.completed()) return refused(Stage::starttls, reply);
  // Whatever was learned or came in before the handshake may be an attacker's (RFC 3207, 4.2).
  parser_.clear();
  extensions_ = {};
  helo_ = false;
  handshaking_ = true;
  actions_.emplace_back(StartTls{});
}

void ClientSession::authenticate() {
  if (!options_.credentials) return become_ready();
  if (!(secure_ && verified_) && !options_.send_password_unprotected) {
    return end(
        Close::Trouble{Stage::auth, std::nullopt,
                       "the password is only sent over TLS with a verified certificate unless "
                       "send_password_unprotected is set"});
  }
  mechanism_ = choose_mechanism(extensions_.auth, options_.mechanisms, *options_.credentials);
  if (!mechanism_) {
    std::string offered;
    for (const std::string& name : extensions_.auth) offered += " " + name;
    return end(Close::Trouble{Stage::auth, std::nullopt,
                              "the smart host offers no AUTH mechanism that can be used, but:" +
                                  (offered.empty() ? " none" : offered)});
  }
  std::string command = "AUTH " + std::string(mechanism_->name());
  auto initial = mechanism_->initial_response();
  if (!initial) return ask(Stage::auth, std::move(command));
  ask_secretly(command + " ", std::move(*initial));
}

void ClientSession::on_auth(const Reply& reply) {
  if (reply.completed()) return become_ready();
  if (!reply.intermediate()) return refused(Stage::auth, reply);
  const auto challenge = base64_decode(reply.lines.front());
  auto response = challenge ? mechanism_->respond(*challenge)
                            : failure(Error::Kind::protocol, "challenge is not base64");
  if (!response) return ask(Stage::auth, "*");  // cancels (RFC 4954, 4): a refusal follows
  ask_secretly("", std::move(*response));
}

// No copy of the response stays behind: each string has its full size from the start.
void ClientSession::ask_secretly(std::string_view prefix, std::string response) {
  std::string encoded = response.empty() ? "=" : base64_encode(response);
  wipe(response);
  std::string line;
  line.reserve(prefix.size() + encoded.size() + 2);
  line.append(prefix).append(encoded);
  wipe(encoded);
  ask(Stage::auth, std::move(line), true);
}

void ClientSession::become_ready() {
  mechanism_.reset();
  phase_ = Phase::ready;
  actions_.emplace_back(Ready{});
  if (quitting_) leave();
}

// Transactions

TransactionState* ClientSession::find(TransactionId id) {
  const auto found = std::find_if(in_flight_.begin(), in_flight_.end(),
                                  [id](const TransactionState& t) { return t.id() == id; });
  return found == in_flight_.end() ? nullptr : &*found;
}

// Sends what may be sent now: the whole group, or one command when the one before is answered.
void ClientSession::advance(TransactionState& transaction) {
  std::string group;
  while (transaction.pipelined() || (expected_.empty() && group.empty())) {
    auto command = transaction.next_command();
    if (!command) break;
    group += command->line;
    group += "\r\n";
    expected_.push_back({command->stage, transaction.id(), command->recipient});
  }
  if (!group.empty()) send(std::move(group));
}

void ClientSession::on_transaction_reply(const Expected& expected, const Reply& reply) {
  TransactionState& transaction = *find(expected.transaction);
  const auto step = transaction.on_reply(expected.stage, expected.recipient, reply);
  if (reply.code == 421) return refused(expected.stage, reply);  // whatever was to follow
  switch (step) {
    case TransactionState::Step::go_on: return advance(transaction);
    case TransactionState::Step::send_message:
      expected_.push_back({Stage::message, transaction.id()});
      actions_.emplace_back(SendMessage{transaction.id()});
      return;
    case TransactionState::Step::send_dot:
      expected_.push_back({Stage::message, transaction.id()});
      return send(".\r\n");
    case TransactionState::Step::done: return finish(transaction.id());
    case TransactionState::Step::fault: return fault(expected.stage, reply, "unexpected reply");
  }
}

void ClientSession::finish(TransactionId id) {
  report(*find(id), {});
  std::erase_if(in_flight_, [id](const TransactionState& t) { return t.id() == id; });
  if (ending_) return end(std::nullopt);
  if (!in_flight_.empty()) return advance(in_flight_.front());
  if (quitting_) leave();
}

void ClientSession::report(TransactionState& transaction, std::string error, bool dropped) {
  TransactionReport report = transaction.report(std::move(error));
  report.dropped = dropped && transaction.first();
  report.after_another = took_one_;
  took_one_ =
      took_one_ || (report.stage == Stage::message && report.reply && report.reply->completed());
  actions_.emplace_back(std::move(report));
}

// The whole

void ClientSession::handle(const Reply& reply) {
  if (expected_.empty()) {
    if (reply.code == 421) return end(std::nullopt);  // closes an idle connection
    return fault(Stage::idle, reply, "reply that nobody waits for");
  }
  const Expected expected = expected_.front();
  expected_.pop_front();
  switch (expected.stage) {
    case Stage::greeting: return on_greeting(reply);
    case Stage::ehlo: return on_ehlo(reply);
    case Stage::starttls: return on_starttls(reply);
    case Stage::auth: return on_auth(reply);
    case Stage::quit: return end(std::nullopt);
    default: break;
  }
  // Nothing can be trusted on a server that does not forget the transaction before.
  if (expected.stage == Stage::rset && !reply.completed()) return refused(Stage::rset, reply);
  on_transaction_reply(expected, reply);
}

void ClientSession::ask(Stage stage, std::string line, bool sensitive) {
  line += "\r\n";
  expected_.push_back({stage});
  send(std::move(line), sensitive);
}

void ClientSession::send(std::string octets, bool sensitive) {
  actions_.emplace_back(Send{std::move(octets), sensitive});
}

void ClientSession::leave() {
  phase_ = Phase::leaving;
  ask(Stage::quit, "QUIT");
}

void ClientSession::end(std::optional<Close::Trouble> trouble) {
  phase_ = Phase::over;
  expected_.clear();
  if (trouble && trouble->stage == Stage::auth) keep_password_out_of(*trouble);
  const bool told = trouble && trouble->reply && trouble->reply->code == 421;
  for (TransactionState& transaction : in_flight_) {
    report(transaction, trouble ? trouble->text : std::string(), trouble && !told);
  }
  in_flight_.clear();
  actions_.emplace_back(Close{std::move(trouble)});
}

// Some servers repeat what they refuse.
void ClientSession::keep_password_out_of(Close::Trouble& trouble) const {
  if (!options_.credentials || !reveals_password(trouble.text, *options_.credentials)) return;
  const std::string code = trouble.reply ? std::to_string(trouble.reply->code) + " and " : "";
  trouble.text = "smart host said at AUTH: " + code + "words that repeat the password";
  if (trouble.reply) trouble.reply->lines.clear();
}

void ClientSession::refused(Stage stage, const Reply& reply) {
  end(Close::Trouble{stage, reply,
                     "smart host said at " + std::string(name_of(stage)) + ": " + reply.text()});
}

void ClientSession::fault(Stage stage, const Reply& reply, std::string_view what) {
  end(Close::Trouble{stage, reply,
                     std::string(what) + " at " + std::string(name_of(stage)) + ": " + reply.text(),
                     true});
}

}  // namespace mailchute::smtp
