// SPDX-License-Identifier: GPL-3.0-or-later
#include "smtp/server_session.h"

#include <sodium.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "mail/status_code.h"
#include "smtp/sasl.h"

namespace mailchute::smtp {

ServerSession::ServerSession(ServerOptions options, bool secure)
    : options_(std::move(options)), secure_(secure) {
  if (!options_.lf_allowed) line_ends_ = LineEnds::crlf;
  if (!consult(Asked::connection, "CONNECT", "")) answer_connection(std::nullopt);
}

ServerSession::~ServerSession() {
  wipe(input_);
  wipe(command_);
}

void ServerSession::on_octets(std::string_view octets) {
  if (state_ == State::handshake || state_ == State::over) return;
  forget_taken();
  input_.append(octets);
}

void ServerSession::on_tls() {
  secure_ = true;
  extended_ = false;
  helo_.clear();
  user_.clear();
  state_ = State::command;
}

void ServerSession::on_timeout() { break_off("4.4.2 Waited too long"); }

void ServerSession::on_shutdown() { shutting_down_ = true; }

void ServerSession::break_off(std::string_view text) {
  if (!waiting() && state_ != State::over) close(421, text);
}

std::optional<ServerSession::Action> ServerSession::next() {
  while (actions_.empty() && step()) {
  }
  if (actions_.empty() && !replies_.empty()) return Send{std::exchange(replies_, {})};
  if (actions_.empty()) return std::nullopt;
  Action action = std::move(actions_.front());
  actions_.pop_front();
  return action;
}

bool ServerSession::waiting() const {
  return state_ == State::handshake || state_ == State::checking || state_ == State::consulting ||
         state_ == State::storing;
}

std::size_t ServerSession::held() const {
  std::size_t octets = input_.size();
  if (!transaction_) return octets;
  for (const mail::Recipient& recipient : transaction_->envelope.recipients)
    octets += sizeof recipient + recipient.address.size() + recipient.original.size();
  return octets;
}

bool ServerSession::step() {
  switch (state_) {
    case State::command:
      if (!shutting_down_ || transaction_) return read_line();
      close(421, "4.3.2 Shutting down; come back later");
      return true;
    case State::auth: return read_line();
    case State::data: return read_data();
    case State::chunk: return read_chunk();
    case State::handshake:
    case State::checking:
    case State::consulting:
    case State::storing:
    case State::over: return false;
  }
  return false;
}

void ServerSession::consume(std::size_t octets) {
  taken_ += octets;
  if (taken_ == input_.size()) forget_taken();
}

// What is left moves to the front, and no copy of it stays behind.
void ServerSession::forget_taken() {
  if (taken_ == 0) return;
  const std::size_t left = input_.size() - taken_;
  std::copy_n(input_.begin() + static_cast<std::ptrdiff_t>(taken_), left, input_.begin());
  sodium_memzero(input_.data() + left, taken_);
  input_.resize(left);
  taken_ = 0;
}

// A line may hold a password, so none is left behind.
bool ServerSession::read_line() {
  const std::size_t end = input().find('\n');
  const bool whole = end != std::string_view::npos;
  if (!whole && input().size() <= options_.max_line + 1) return false;
  // The CR of an end that is yet to come stays.
  const std::size_t length = whole ? end : input().size() - (input().ends_with('\r') ? 1 : 0);
  std::string line(input().substr(0, length));
  sodium_memzero(input_.data() + taken_, length);
  consume(whole ? length + 1 : length);
  if (whole) {
    const bool cr = line.ends_with('\r');
    obey_line(std::string_view(line).substr(0, line.size() - cr), cr);
    lose_patience();
  }
  discarding_line_ = !whole;
  wipe(line);
  return whole;
}

void ServerSession::obey_line(std::string_view line, bool cr) {
  const bool authenticating = std::exchange(state_, State::command) == State::auth;
  if (!line_ends_) line_ends_ = cr ? LineEnds::crlf : LineEnds::lf;
  if (discarding_line_ || line.size() > options_.max_line)
    reply(500, authenticating ? "5.5.6 The line is too long" : "5.5.2 The line is too long");
  else if (!cr && line_ends_ == LineEnds::crlf) reply(500, "5.5.2 A line ends with CR and LF");
  else if (std::ranges::any_of(line, is_control))
    reply(500, "5.5.2 A line has no control characters");
  else if (authenticating) continue_auth(line);
  else obey_or_ask(line);
}

void ServerSession::obey_or_ask(std::string_view line) {
  const Command command = parse_command(line);
  const bool secret = command.verb == Verb::auth;
  const auto told =
      command.argument.substr(0, secret ? command.argument.find(' ') : command.argument.npos);
  ++commands_;
  if (turned_away_) turn_away(command);
  else if (consult(Asked::command, command.name(), told)) command_ = line;
  else obey(command);
}

bool ServerSession::consult(Asked about, std::string_view step, std::string_view argument) {
  if (!options_.consulted.contains(step)) return false;
  asked_ = about;
  state_ = State::consulting;
  act(Consult{std::string(step), std::string(argument)});
  return true;
}

void ServerSession::on_verdict(const std::optional<Reply>& instead) {
  state_ = State::command;
  if (instead && instead->code == 421) return close(*instead);
  switch (asked_) {
    case Asked::connection: return answer_connection(instead);
    case Asked::command: return answer_command(instead);
    case Asked::message: return answer_message(instead);
  }
}

// RFC 5321, 3.1: who is not wanted may still say QUIT.
void ServerSession::answer_connection(const std::optional<Reply>& instead) {
  turned_away_ = instead.has_value();
  reply(instead.value_or(Reply{220, {options_.hostname + " ESMTP"}}));
}

void ServerSession::answer_command(const std::optional<Reply>& instead) {
  std::string line = std::exchange(command_, {});
  const Command command = parse_command(line);
  if (instead && command.verb == Verb::bdat) begin_chunk(command.argument, instead);
  else if (instead) reply(*instead);
  else obey(command);
  wipe(line);
  lose_patience();
}

void ServerSession::answer_message(const std::optional<Reply>& instead) {
  if (!instead) return store_message();
  reset();
  reply(*instead);
  lose_patience();
}

bool ServerSession::read_data() {
  if (input().empty()) return false;
  std::string text;
  std::string_view rest = input();
  const bool ended = transaction_->decoder.decode(rest, text);
  consume(input().size() - rest.size());
  pass_on(std::move(text));
  if (ended) end_message();
  return true;
}

bool ServerSession::read_chunk() {
  const std::size_t size = std::min<std::uint64_t>(chunk_.left, input().size());
  if (!chunk_.refusal) {
    std::string text;
    transaction_->decoder.decode_chunk(input().substr(0, size), text);
    pass_on(std::move(text));
  }
  consume(size);
  chunk_.left -= size;
  if (chunk_.left > 0) return false;
  end_chunk();
  return true;
}

void ServerSession::begin_message() {
  Transaction& transaction = *transaction_;
  transaction.begun = true;
  transaction.decoder = MessageDecoder(*line_ends_);
  actions_.push_back(BeginMessage{std::move(transaction.envelope), transaction.smtp_utf8,
                                  protocol(), helo_, user_});
}

void ServerSession::pass_on(std::string text) {
  Transaction& transaction = *transaction_;
  const std::uint64_t limit = options_.offered.size_limit;
  if (transaction.broken) return;
  if (limit > 0 && transaction.decoder.size() > limit) {
    transaction.broken = true;
    actions_.push_back(AbandonMessage{});
  } else if (!text.empty()) {
    actions_.push_back(MessageOctets{std::move(text)});
  }
}

// A refused chunk leaves a hole, so nothing more of its message can be taken (RFC 3030, 2).
void ServerSession::end_chunk() {
  state_ = State::command;
  const bool last = chunk_.command.last;
  if (chunk_.refusal) {
    reply(*chunk_.refusal);
    if (transaction_) transaction_->broken = true;
    if (last) reset();
  } else if (last) {
    std::string rest;
    transaction_->decoder.finish(rest);
    pass_on(std::move(rest));
    end_message();
  } else if (transaction_->broken) {
    reply(552, "5.3.4 The message is too large");
  } else {
    if (chunk_.command.size > 0) --commands_;  // a large message is no sign of abuse
    reply(250, "2.0.0 " + std::to_string(chunk_.command.size) + " octets");
  }
  lose_patience();
}

void ServerSession::end_message() {
  state_ = State::command;
  if (!transaction_->broken) {
    if (!consult(Asked::message, "MESSAGE", "")) store_message();
    return;
  }
  reset();
  reply(552, "5.3.4 The message is too large");
}

void ServerSession::store_message() {
  state_ = State::storing;
  act(EndMessage{});
}

void ServerSession::on_message_stored(const Result<std::string>& id) {
  state_ = State::command;
  transaction_.reset();
  if (id) {
    errors_ = commands_ = 0;
    return reply(250, "2.0.0 Queued as " + escaped(*id));
  }
  const std::string why = escaped(id.error().text);
  switch (id.error().kind) {
    case Error::Kind::data: return reply(554, "5.6.0 " + why);
    case Error::Kind::rejected:
    case Error::Kind::permission: return reply(550, "5.7.1 " + why);
    case Error::Kind::config: return reply(451, "4.3.5 " + why);
    case Error::Kind::full:  // RFC 3463, 3.4
      return reply(452, "4.3.1 " + why);
    case Error::Kind::temporary: return reply(452, "4.3.0 " + why);
    default: return reply(451, "4.3.0 " + why);
  }
}

void ServerSession::reset() {
  if (transaction_ && transaction_->begun && !transaction_->broken)
    actions_.push_back(AbandonMessage{});
  transaction_.reset();
}

void ServerSession::reply(int code, std::string_view text) { reply({code, {std::string(text)}}); }

void ServerSession::reply(const Reply& reply) {
  if (reply.code >= 500) ++errors_;
  for (const std::string& line : reply.lines) {
    const bool last = &line == &reply.lines.back();
    std::string_view text = line;
    if (!options_.offered.enhanced_status_codes && mail::take_status_code(text)) text = trim(text);
    replies_.append(std::to_string(reply.code))
        .append(last ? " " : "-")
        .append(text)
        .append("\r\n");
  }
}

void ServerSession::act(Action action) {
  if (!replies_.empty()) actions_.push_back(Send{std::exchange(replies_, {})});
  actions_.push_back(std::move(action));
}

void ServerSession::close(int code, std::string_view text) { close({code, {std::string(text)}}); }

void ServerSession::close(const Reply& last) {
  reset();
  reply(last);
  act(Close{});
  state_ = State::over;
}

void ServerSession::lose_patience() {
  if (state_ != State::command) return;
  if (errors_ >= options_.max_errors) return close(421, "4.7.0 Too many errors");
  if (commands_ > options_.max_commands) close(421, "4.7.0 Too many commands without a message");
}

// RFC 3848; RFC 6531, 4.3
std::string ServerSession::protocol() const {
  if (!extended_) return "SMTP";
  std::string name = transaction_->smtp_utf8 ? "UTF8SMTP" : "ESMTP";
  if (secure_) name += 'S';
  if (!user_.empty()) name += 'A';
  return name;
}

}  // namespace mailchute::smtp
