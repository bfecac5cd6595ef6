// SPDX-License-Identifier: GPL-3.0-or-later
// What each command does to a session (RFC 5321, 4.1.1). The order in which they may come is in the
// may_...() functions.
#include <algorithm>

#include "base/text.h"
#include "smtp/sasl.h"
#include "smtp/server_session.h"

namespace mailchute::smtp {
namespace {

constexpr std::size_t kMaxName = 255;

std::optional<Reply> refusal(int code, std::string text) { return Reply{code, {std::move(text)}}; }

// What a client calls itself ends up in Received, so it keeps to what names and address literals
// are made of.
std::string tame(std::string_view name) {
  std::string tamed(name.substr(0, kMaxName));
  for (char& c : tamed) {
    const bool fine =
        is_alpha(c) || is_digit(c) || std::string_view("-._:[]").find(c) != std::string_view::npos;
    if (!fine) c = '?';
  }
  return tamed;
}

}  // namespace

void ServerSession::obey(const Command& command) {
  switch (command.verb) {
    case Verb::helo: return greet(command.argument, false);
    case Verb::ehlo: return greet(command.argument, true);
    case Verb::mail: return begin_transaction(command.argument);
    case Verb::rcpt: return add_recipient(command.argument);
    case Verb::data: return begin_data(command.argument);
    case Verb::bdat: return begin_chunk(command.argument, std::nullopt);
    case Verb::rset:
      if (!command.argument.empty()) return reply(501, "5.5.4 RSET takes no argument");
      reset();
      return reply(250, "2.0.0 Ok");
    case Verb::noop: return reply(250, "2.0.0 Ok");
    case Verb::vrfy:
    case Verb::expn:
      if (command.argument.empty()) return reply(501, "5.5.4 Say whom");
      return reply(252, "2.5.0 Not looked up; a message to it would be taken");
    case Verb::help: return help();
    case Verb::etrn: return reply(459, "4.7.1 Nothing is queued here for other hosts");
    case Verb::quit: return close(221, "2.0.0 " + options_.hostname + " closes the connection");
    case Verb::starttls: return begin_tls(command.argument);
    case Verb::auth: return begin_auth(command.argument);
    case Verb::not_implemented: return reply(502, "5.5.1 This command is out of use");
    case Verb::unknown: return do_not_understand();
  }
}

void ServerSession::turn_away(const Command& command) {
  const Reply refused{503, {"5.5.1 There is no service here"}};
  if (command.verb == Verb::quit) return obey(command);
  if (command.verb == Verb::bdat) return begin_chunk(command.argument, refused);
  reply(refused);
}

// A web browser can be made to post to any port: whoever does not begin with SMTP does not speak
// it.
void ServerSession::do_not_understand() {
  if (helo_.empty() && options_.greeting_required)
    return close(500, "5.5.2 This is an SMTP server");
  reply(500, "5.5.2 Unknown command");
}

void ServerSession::greet(std::string_view name, bool extended) {
  if (name.empty()) return reply(501, "5.5.4 Say your name with it");
  reset();
  helo_ = tame(name);
  extended_ = extended;
  if (extended) return offer_extensions();
  reply(250, options_.hostname);
}

void ServerSession::offer_extensions() {
  const Extensions& offered = options_.offered;
  std::string lines = "250-" + options_.hostname + "\r\n";
  const auto offer = [&](bool wanted, std::string_view line) {
    if (wanted) lines.append("250-").append(line).append("\r\n");
  };
  const std::string limit = offered.size_limit ? ' ' + std::to_string(offered.size_limit) : "";
  std::string mechanisms;
  for (const auto& name : offered.auth) mechanisms += ' ' + name;

  offer(offered.pipelining, "PIPELINING");
  offer(offered.size, "SIZE" + limit);
  offer(offers_tls(), "STARTTLS");
  offer(offers_auth(), "AUTH" + mechanisms);
  offer(offered.enhanced_status_codes, "ENHANCEDSTATUSCODES");
  offer(offered.eight_bit_mime, "8BITMIME");
  offer(offered.smtp_utf8, "SMTPUTF8");
  offer(offered.dsn, "DSN");
  offer(offered.chunking, "CHUNKING");
  offer(options_.consulted.contains("ETRN"), "ETRN");
  replies_ += lines;
  reply(250, "HELP");
}

std::optional<Reply> ServerSession::may_begin() const {
  if (helo_.empty() && options_.greeting_required) return refusal(503, "5.5.1 Send EHLO first");
  if (transaction_) return refusal(503, "5.5.1 A message is under way; RSET gives it up");
  if (!options_.auth_required || !user_.empty()) return std::nullopt;
  if (!offers_auth() && offers_tls()) return refusal(530, "5.7.0 Send STARTTLS first");
  return refusal(530, "5.7.0 Authentication required");
}

void ServerSession::begin_transaction(std::string_view argument) {
  if (auto refused = may_begin()) return reply(*refused);
  auto mail = parse_mail(argument, options_.offered);
  if (!mail) return reply(mail.error());
  const std::uint64_t limit = options_.offered.size_limit;
  if (limit > 0 && mail->size > limit)
    return reply(552, "5.3.4 The message is too large: the limit is " + std::to_string(limit));
  transaction_ = Transaction{.envelope = std::move(mail->envelope), .smtp_utf8 = mail->smtp_utf8};
  reply(250, "2.1.0 Ok");
}

void ServerSession::add_recipient(std::string_view argument) {
  if (!transaction_) return reply(503, "5.5.1 Send MAIL first");
  if (transaction_->begun || transaction_->broken) return reply(503, "5.5.1 The message has begun");
  auto& recipients = transaction_->envelope.recipients;
  if (recipients.size() >= options_.max_recipients)
    return reply(452, "4.5.3 Too many recipients for one message");
  auto recipient = parse_rcpt(argument, options_.offered, transaction_->smtp_utf8);
  if (!recipient) return reply(recipient.error());
  recipients.push_back(std::move(*recipient));
  --commands_;
  reply(250, "2.1.5 Ok");
}

void ServerSession::begin_data(std::string_view argument) {
  if (!argument.empty()) return reply(501, "5.5.4 DATA takes no argument");
  if (!transaction_) return reply(503, "5.5.1 Send MAIL first");
  if (transaction_->begun || transaction_->broken)
    return reply(503, "5.5.1 What began with BDAT goes on with BDAT");
  if (transaction_->envelope.recipients.empty()) return reply(554, "5.5.1 No valid recipients");
  begin_message();
  state_ = State::data;
  reply(354, "End the message with a dot on a line of its own");
}

std::optional<Reply> ServerSession::may_take_chunk() const {
  if (!options_.offered.chunking) return refusal(502, "5.5.1 BDAT is not offered");
  if (!transaction_) return refusal(503, "5.5.1 Send MAIL first");
  if (transaction_->broken) return refusal(503, "5.5.1 The message was refused; send RSET");
  if (!transaction_->begun && transaction_->envelope.recipients.empty())
    return refusal(554, "5.5.1 No valid recipients");
  return std::nullopt;
}

// The octets follow whatever the reply will be, so they are always taken (RFC 3030, 2). Where their
// number is unknown, nobody can tell commands from message text any more.
void ServerSession::begin_chunk(std::string_view argument, std::optional<Reply> refusal) {
  const auto command = parse_bdat(argument);
  if (!command) return close(501, "5.5.4 Syntax: BDAT size [LAST]");
  if (!refusal) refusal = may_take_chunk();
  chunk_ = Chunk{command->size, *command, std::move(refusal)};
  state_ = State::chunk;
  if (!chunk_.refusal && !transaction_->begun) begin_message();
}

void ServerSession::help() {
  reply({214,
         {"2.0.0 A message: EHLO name, MAIL FROM:<sender>, RCPT TO:<recipient> for each, DATA,",
          "2.0.0 the text, a line with nothing but a dot (twice where a line begins with one).",
          "2.0.0 Also: BDAT HELO HELP NOOP QUIT RSET VRFY EXPN" +
              std::string(options_.consulted.contains("ETRN") ? " ETRN" : "") +
              (offers_tls() ? " STARTTLS" : "") + (offers_auth() ? " AUTH" : "")}});
}

void ServerSession::begin_tls(std::string_view argument) {
  if (!options_.offered.starttls) return reply(502, "5.5.1 STARTTLS is not offered");
  if (secure_) return reply(503, "5.5.1 TLS is up already");
  if (!argument.empty()) return reply(501, "5.5.4 STARTTLS takes no argument");
  reset();
  consume(input().size());
  reply(220, "2.0.0 Ready for TLS");
  state_ = State::handshake;
  act(StartTls{});
}

bool ServerSession::offers_auth() const {
  return !options_.offered.auth.empty() && (secure_ || options_.auth_without_tls);
}

std::optional<Reply> ServerSession::may_authenticate() const {
  if (options_.offered.auth.empty()) return refusal(502, "5.5.1 AUTH is not offered");
  if (!offers_auth()) return refusal(538, "5.7.11 A password needs TLS; send STARTTLS first");
  if (!extended_) return refusal(503, "5.5.1 Send EHLO first");
  if (!user_.empty()) return refusal(503, "5.5.1 You have authenticated already");
  if (transaction_) return refusal(503, "5.5.1 A message is under way");
  return std::nullopt;
}

bool ServerSession::choose_auth(std::string_view mechanism) {
  const auto same = [&](const auto& name) { return equal_ignoring_case(name, mechanism); };
  if (std::ranges::none_of(options_.offered.auth, same)) return false;
  const bool plain = equal_ignoring_case(mechanism, "PLAIN");
  auth_step_ = plain ? AuthStep::plain : AuthStep::login_user;
  return plain || equal_ignoring_case(mechanism, "LOGIN");
}

void ServerSession::begin_auth(std::string_view argument) {
  if (auto refused = may_authenticate()) return reply(*refused);
  const std::size_t end = std::min(argument.find(' '), argument.size());
  const auto initial = trim(argument.substr(end));
  if (!choose_auth(argument.substr(0, end))) return reply(504, "5.5.4 Unknown mechanism");
  if (initial.empty()) return challenge(auth_step_ == AuthStep::plain ? "" : "Username:");
  continue_auth(initial == "=" ? "" : initial);  // RFC 4954, 4: "=" is an empty response
}

void ServerSession::challenge(std::string_view prompt) {
  reply(334, base64_encode(prompt));
  state_ = State::auth;
}

void ServerSession::continue_auth(std::string_view line) {
  if (line == "*") return reply(501, "5.7.0 Authentication cancelled");
  auto response = base64_decode(line);
  if (!response) return reply(501, "5.5.2 That is not base64");
  take_response(std::move(*response));
}

void ServerSession::take_response(std::string response) {
  switch (auth_step_) {
    case AuthStep::plain: take_plain(response); break;
    case AuthStep::login_user:
      auth_user_ = response;
      auth_step_ = AuthStep::login_password;
      challenge("Password:");
      break;
    case AuthStep::login_password: check(auth_user_, response); break;
  }
  wipe(response);
}

// RFC 4616: [authzid] NUL authcid NUL passwd
void ServerSession::take_plain(std::string_view response) {
  const auto parts = split(response, '\0');
  if (parts.size() != 3) return reply(501, "5.5.2 That is not what PLAIN sends");
  if (!parts[0].empty() && parts[0] != parts[1])
    return reply(535, "5.7.8 Nobody may act for somebody else here");
  auth_user_ = parts[1];
  check(parts[1], parts[2]);
}

void ServerSession::check(std::string_view user, std::string_view password) {
  state_ = State::checking;
  act(CheckPassword{std::string(user), std::string(password)});
}

void ServerSession::on_auth(bool right) {
  state_ = State::command;
  if (!right || auth_user_.empty()) {
    reply(535, "5.7.8 Wrong user or password");
    return lose_patience();
  }
  user_ = auth_user_;
  reply(235, "2.7.0 Welcome");
}

}  // namespace mailchute::smtp
