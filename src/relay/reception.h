// SPDX-License-Identifier: GPL-3.0-or-later
// One client of an SMTP server: joins its connection and its session (smtp/server_session.h). TLS,
// the password and all that bounds a client are seen to here: how long it may be silent, and how
// many replies it may leave unread. Nothing is read from a client whose message is being stored.
// What becomes of its messages is the user's.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/connection.h"
#include "net/event_loop.h"
#include "net/tls.h"
#include "secret/secret.h"
#include "smtp/server_session.h"

namespace mailchute::relay {

// What the clients of a server share; outlives them.
struct ReceptionSettings {
  smtp::ServerOptions server;
  std::optional<net::TlsContext> tls;
  bool implicit_tls = false;
  std::string user;
  secret::Secret password;
  Milliseconds patience = std::chrono::minutes(5);  // RFC 5321, 4.5.3.2.7
};

// Messages come one after the other: begin, write as often as it takes, end. After abandon, or an
// error, nothing must stay of the message, and nothing more of it comes.
class Reception;

class ReceptionUser {
 public:
  using Message = smtp::ServerSession::BeginMessage;
  using Consult = smtp::ServerSession::Consult;

  virtual ~ReceptionUser() = default;
  virtual Result<> begin(Message message) = 0;
  virtual Result<> write(std::string_view octets) = 0;
  virtual void end() = 0;  // all of it is there; answer with Reception::stored(), now or later
  virtual void abandon() = 0;
  // At the steps that options.consulted names; answer with Reception::decide(), now or later.
  virtual void consult(Reception& reception, const Consult& about);
  // So many octets came in, and all that followed from them has been done.
  virtual void heard(std::size_t /*octets*/) {}
  // The last call: a message that is coming in is abandoned with it, and nobody hears any more what
  // becomes of one that has ended. May destroy the reception.
  virtual void on_closed(const Error& reason) = 0;
};

class Reception : private net::ConnectionUser {
 public:
  Reception(const ReceptionSettings& settings, ReceptionUser& user, net::EventLoop& loop,
            std::unique_ptr<net::Connection> connection);

  // The id under which the message is safe, or why it is not (smtp/server_session.h).
  void stored(const Result<std::string>& id);
  // What to say instead of going on.
  void decide(const std::optional<smtp::Reply>& instead);
  // Without another word.
  void hang_up();
  // The client may finish the message it is at, and is then told to come back later.
  void finish();
  // The same, now, and why: "4.3.2 Too many clients".
  void break_off(std::string_view text);

  bool leaving() const { return leaving_; }  // all is said
  // Octets of what the client has said that are kept here.
  std::size_t held() const { return session_ ? session_->held() : 0; }
  std::string peer() const { return connection_->peer(); }
  // For Received (RFC 5321, 4.1.3): "[192.0.2.1]", "[IPv6:2001:db8::1]".
  std::string client() const;
  const std::optional<net::TlsFacts>& tls() const { return tls_; }

 private:
  using Session = smtp::ServerSession;

  void on_octets(std::string_view octets) override;
  void on_sent() override;
  void on_tls(const net::TlsFacts& facts) override;
  void on_closed(const Error& reason) override;

  void begin_session(bool secure);
  void wait();
  void lose_patience();
  void follow();
  void regulate_reading();
  void act(Session::Send action);
  void act(Session::StartTls action);
  void act(Session::CheckPassword action);
  void act(const Session::Consult& action);
  void act(Session::BeginMessage action);
  void act(Session::MessageOctets action);
  void act(Session::EndMessage action);
  void act(Session::AbandonMessage action);
  void act(Session::Close action);
  void note(const Result<>& result);

  const ReceptionSettings& settings_;
  ReceptionUser& user_;
  std::unique_ptr<net::Connection> connection_;
  net::Timer patience_;
  std::optional<Session> session_;  // once TLS is up, where it is up from the start
  std::optional<net::TlsFacts> tls_;
  bool following_ = false;
  bool consulting_ = false;
  bool clogged_ = false;  // too many replies are unread
  bool paused_ = false;
  bool leaving_ = false;

  enum class Stage { none, coming, refused, storing };
  Stage message_ = Stage::none;
  Error trouble_{};  // why it is refused
};

}  // namespace mailchute::relay
