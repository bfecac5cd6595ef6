// SPDX-License-Identifier: GPL-3.0-or-later
// The SMTP client as a pure engine (RFC 5321, 2920, 3207, 4954): events in, actions out, and a
// queue of the replies that are still expected. It knows no descriptor and no clock, and it does
// not decide what a refusal means for a message: it reports what was said, and where.
//
// Many messages go over one session. Every transaction opens with RSET; with PIPELINING its whole
// group of commands is sent at once, and the next transaction's group rides behind the final dot of
// the one before, so that a message costs one round trip and one message at most is unanswered.
// What a reply belongs to follows from its place in the queue alone, so that a refusal in one
// transaction can never be taken for one in another.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "smtp/extensions.h"
#include "smtp/reply.h"
#include "smtp/sasl.h"
#include "smtp/stage.h"
#include "smtp/transaction.h"

namespace mailchute::smtp {

// The actions.
struct Send {
  std::string octets;
  bool sensitive = false;  // wipe after writing, never log
};
struct SendMessage {  // encoded, with the final dot; answer with on_message_sent() or ..._lost()
  TransactionId id;
};
struct StartTls {};  // handshake, then on_tls()
struct Ready {};     // greeting, TLS and AUTH are done: begin() may follow
struct Close {       // nothing more to say; the session is over
  // None: an orderly end. Otherwise what ended it, outside of a transaction's own replies.
  struct Trouble {
    Stage stage;
    std::optional<Reply> reply;
    std::string text;           // one line for people
    bool server_fault = false;  // the server broke the protocol in a way that mixes up messages
  };
  std::optional<Trouble> trouble;
};
using Action = std::variant<Send, SendMessage, StartTls, Ready, TransactionReport, Close>;

class ClientSession {
 public:
  struct Options {
    std::string hostname;         // for EHLO
    bool starttls = true;         // required
    bool tls_from_start = false;  // a handshake comes first, then the greeting
    std::optional<Credentials> credentials;
    std::vector<std::string> mechanisms{"PLAIN", "LOGIN"};  // allowed, best first
    bool send_password_unprotected = false;  // also without TLS or an unverified certificate
  };

  explicit ClientSession(Options options);

  // Events.
  void on_octets(std::string_view octets);
  void on_tls(bool verified);
  void on_message_sent(TransactionId id);  // every octet is on its way
  void on_message_lost(TransactionId id,
                       const std::string& why);  // part was sent and must not count
  void on_closed(const std::string& why);        // by the peer, or by a failed handshake or write
  void on_timeout();
  // May a transaction be begun now? With PIPELINING also while the one before waits for its reply.
  bool wants_transaction() const;
  void begin(Transaction transaction);
  // Leaves with QUIT as soon as nothing is in flight.
  void quit();
  // The transaction that rides behind the one that is unanswered is reported as not begun, so that
  // it need not wait. The smart host has its commands already, so the session ends with the reply
  // that is awaited.
  void withdraw_rider();

  std::optional<Action> next();

  // What the next reply belongs to, for the time limit that holds now; nothing when none is
  // expected.
  std::optional<Stage> waiting_for() const;
  // Grows with each reply: a time limit starts anew.
  std::uint64_t replies() const { return replies_; }
  bool over() const { return phase_ == Phase::over; }
  bool in_flight() const { return !in_flight_.empty(); }
  // The transaction that the next reply belongs to, if any.
  std::optional<TransactionId> waiting_transaction() const;
  bool has_rider() const { return in_flight_.size() > 1; }
  bool established() const { return phase_ != Phase::handshake; }
  const Extensions& extensions() const { return extensions_; }

 private:
  enum class Phase { handshake, ready, leaving, over };
  struct Expected {
    Stage stage;
    TransactionId transaction = 0;
    std::size_t recipient = 0;
  };

  // The handshake.
  void greet();
  void on_greeting(const Reply& reply);
  void on_ehlo(const Reply& reply);
  void on_starttls(const Reply& reply);
  void on_auth(const Reply& reply);
  void after_ehlo();
  void authenticate();
  void ask_secretly(std::string_view prefix, std::string response);
  void become_ready();

  // Transactions.
  TransactionState* find(TransactionId id);
  void advance(TransactionState& transaction);
  void on_transaction_reply(const Expected& expected, const Reply& reply);
  void finish(TransactionId id);
  void report(TransactionState& transaction, std::string error, bool dropped = false);

  void handle(const Reply& reply);
  void ask(Stage stage, std::string line, bool sensitive = false);
  void send(std::string octets, bool sensitive = false);
  void leave();
  void keep_password_out_of(Close::Trouble& trouble) const;
  // The session is over: reports every transaction in flight as it stands, then closes.
  void end(std::optional<Close::Trouble> trouble);
  void refused(Stage stage, const Reply& reply);
  void fault(Stage stage, const Reply& reply, std::string_view what);

  Options options_;
  Phase phase_ = Phase::handshake;
  bool secure_ = false;       // TLS is up
  bool verified_ = false;     // and the certificate is right
  bool handshaking_ = false;  // until on_tls(), from StartTls or from the start
  bool helo_ = false;         // EHLO was refused
  bool quitting_ = false;
  bool ending_ = false;  // after the transaction that is in flight
  bool began_one_ = false;
  bool took_one_ = false;  // a message
  Extensions extensions_;
  ReplyParser parser_;
  std::unique_ptr<SaslMechanism> mechanism_;
  std::deque<Expected> expected_;
  std::deque<TransactionState> in_flight_;  // at most two: one unanswered, one behind it
  std::deque<Action> actions_;
  std::uint64_t replies_ = 0;
};

}  // namespace mailchute::smtp
