// SPDX-License-Identifier: GPL-3.0-or-later
// The server's side of SMTP as a pure state machine (RFC 5321, 1870, 1985, 2034, 2920, 3030, 3207,
// 3461, 4954, 6152, 6531): octets in, actions out. It stores nothing and checks no password; a
// message passes through in pieces and is never held. What it offers and how much it bears is
// policy and comes in as options.
//
// Replies to pipelined commands leave together. What came before a TLS handshake counts for nothing
// afterwards (RFC 3207, 4.2), and octets that rode behind STARTTLS are thrown away. An octet that
// was announced as part of a message is never read as a command. A session whose lines end with
// CRLF has no message that ends otherwise than CRLF "." CRLF.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"
#include "mail/envelope.h"
#include "smtp/command.h"
#include "smtp/extensions.h"
#include "smtp/message_decoder.h"

namespace mailchute::smtp {

struct ServerOptions {
  std::string hostname;
  Extensions offered;             // STARTTLS and AUTH as far as the connection allows it
  bool auth_required = false;     // before MAIL
  bool auth_without_tls = false;  // offer AUTH (PLAIN, LOGIN) also where anyone can listen
  bool greeting_required = true;  // before MAIL, and before anything that is no SMTP
  bool lf_allowed = false;        // at a pipe: if the first line ends with LF alone, all do
  // Steps at which a Consult asks what to do: "CONNECT", a command, "MESSAGE" for its end. ETRN is
  // offered if it is among them.
  std::set<std::string, std::less<>> consulted;

  // Bounds. A line has to hold an AUTH response (RFC 4954, 4).
  std::size_t max_line = 12288;
  std::size_t max_recipients = 1000;
  unsigned max_errors = 20;      // refusals since the last message that was taken
  unsigned max_commands = 1000;  // since then, too; accepted RCPTs are not counted
};

class ServerSession {
 public:
  struct Send {
    std::string octets;
  };
  struct StartTls {};     // handshake, then on_tls()
  struct CheckPassword {  // answer with on_auth(); wiping the password is the receiver's
    std::string user;
    std::string password;
  };
  struct BeginMessage {
    mail::Envelope envelope;
    bool smtp_utf8;
    std::string protocol;  // for Received: "ESMTPSA" (RFC 3848, RFC 6531)
    std::string helo;
    std::string user;  // who authenticated; empty: nobody
  };
  struct MessageOctets {
    std::string text;  // LF line ends
  };
  struct Consult {  // answer with on_verdict()
    std::string step;
    std::string argument;  // of the command; never a password
  };
  struct EndMessage {};      // answer with on_message_stored()
  struct AbandonMessage {};  // of the message begun, nothing must stay
  struct Close {};
  using Action = std::variant<Send, StartTls, CheckPassword, Consult, BeginMessage, MessageOctets,
                              EndMessage, AbandonMessage, Close>;

  // `secure`: TLS from the start is up.
  explicit ServerSession(ServerOptions options, bool secure = false);
  ~ServerSession();  // wipes what may be left of a password
  ServerSession(const ServerSession&) = delete;

  // Events.
  void on_octets(std::string_view octets);
  void on_tls();
  void on_auth(bool right);
  // Nothing: go on. Otherwise the reply to give instead; the session ends with a 421.
  void on_verdict(const std::optional<Reply>& instead);
  // The id under which the message is durable. Errors of the kinds data, rejected and permission
  // refuse it for good, any other for now.
  void on_message_stored(const Result<std::string>& id);
  void on_timeout();
  void on_shutdown();  // 421 as soon as no message is under way
  // 421 and why, at once unless an answer is owed.
  void break_off(std::string_view text);

  std::optional<Action> next();

  // An answer to an action is owed: until then octets are only kept, so better read none.
  bool waiting() const;

  // Octets of what was said that are kept here.
  std::size_t held() const;

 private:
  enum class State { command, auth, data, chunk, handshake, checking, consulting, storing, over };
  enum class Asked { connection, command, message };
  enum class AuthStep { plain, login_user, login_password };
  struct Transaction {
    mail::Envelope envelope;
    bool smtp_utf8 = false;
    bool begun = false;   // BeginMessage was said
    bool broken = false;  // too large, or a chunk was refused: the rest is not wanted any more
    MessageDecoder decoder{};
  };
  struct Chunk {
    std::uint64_t left = 0;
    BdatCommand command;
    std::optional<Reply> refusal;
  };

  // Input. Each takes something from it, or says that there is not enough.
  bool step();
  bool read_line();
  bool read_data();
  bool read_chunk();
  std::string_view input() const { return std::string_view(input_).substr(taken_); }
  void consume(std::size_t octets);
  void forget_taken();
  void obey_line(std::string_view line, bool cr);
  void obey_or_ask(std::string_view line);

  // Somebody else's say.
  bool consult(Asked about, std::string_view step, std::string_view argument);
  void answer_connection(const std::optional<Reply>& instead);
  void answer_command(const std::optional<Reply>& instead);
  void answer_message(const std::optional<Reply>& instead);

  // Commands.
  void obey(const Command& command);
  void turn_away(const Command& command);
  void greet(std::string_view name, bool extended);
  void offer_extensions();
  void begin_transaction(std::string_view argument);
  std::optional<Reply> may_begin() const;
  void add_recipient(std::string_view argument);
  void begin_data(std::string_view argument);
  void begin_chunk(std::string_view argument, std::optional<Reply> refusal);
  void help();
  std::optional<Reply> may_take_chunk() const;
  void begin_tls(std::string_view argument);
  void do_not_understand();

  // AUTH.
  void begin_auth(std::string_view argument);
  std::optional<Reply> may_authenticate() const;
  bool choose_auth(std::string_view mechanism);
  void challenge(std::string_view prompt);
  void continue_auth(std::string_view line);
  void take_response(std::string response);
  void take_plain(std::string_view response);
  void check(std::string_view user, std::string_view password);

  // The message.
  void begin_message();
  void pass_on(std::string text);
  void end_chunk();
  void end_message();
  void store_message();
  void reset();

  void reply(int code, std::string_view text);
  void reply(const Reply& reply);
  void act(Action action);  // after the replies so far
  void close(int code, std::string_view text);
  void close(const Reply& last);
  void lose_patience();
  bool offers_tls() const { return options_.offered.starttls && !secure_; }
  bool offers_auth() const;
  std::string protocol() const;

  ServerOptions options_;
  State state_ = State::command;
  bool secure_;
  std::optional<LineEnds> line_ends_;
  Asked asked_ = Asked::connection;
  std::string command_;       // that was asked about
  bool turned_away_ = false;  // at CONNECT
  std::string helo_;          // empty: not greeted yet
  bool extended_ = false;
  std::string user_;
  AuthStep auth_step_ = AuthStep::plain;
  std::string auth_user_;
  std::optional<Transaction> transaction_;
  Chunk chunk_;

  std::string input_;
  std::size_t taken_ = 0;
  bool discarding_line_ = false;
  bool shutting_down_ = false;
  std::string replies_;
  std::deque<Action> actions_;
  unsigned errors_ = 0;
  unsigned commands_ = 0;
};

}  // namespace mailchute::smtp
