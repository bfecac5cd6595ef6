// SPDX-License-Identifier: GPL-3.0-or-later
// One client of the sink: connects the socket, the server session and the Maildir.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "mailchute/maildir.h"
#include "net/connection.h"
#include "net/event_loop.h"
#include "net/tls.h"
#include "secret/secret.h"
#include "smtp/server_session.h"

namespace mailchute {

// What all connections share; outlives them.
struct SinkSettings {
  smtp::ServerOptions server;
  std::optional<net::TlsContext> tls;
  bool implicit_tls = false;
  std::string user;
  secret::Secret password;
};

class SinkConnection : public net::ConnectionUser {
 public:
  using Closed = std::function<void(SinkConnection*)>;  // may destroy the connection

  SinkConnection(const SinkSettings& settings, Maildir& maildir, Log& log, net::EventLoop& loop,
                 std::unique_ptr<net::Connection> connection, Closed closed);

  void on_octets(std::string_view octets) override;
  void on_sent() override;
  void on_tls(const net::TlsFacts& facts) override;
  void on_closed(const Error& reason) override;

 private:
  using Session = smtp::ServerSession;

  void follow();
  void wait();
  void act(Session::Send action);
  void act(Session::StartTls action);
  void act(Session::CheckPassword action);
  void act(Session::BeginMessage action);
  void act(Session::MessageOctets action);
  void act(Session::EndMessage action);
  void act(Session::AbandonMessage action);
  void act(Session::Close action);
  void begin_session(bool secure);
  void write(std::string_view octets);
  Result<std::string> deliver();
  std::string trace(const Session::BeginMessage& message) const;

  const SinkSettings& settings_;
  Maildir& maildir_;
  Log& log_;
  std::unique_ptr<net::Connection> connection_;
  Closed closed_;
  net::Timer patience_;
  std::optional<Session> session_;
  std::optional<net::TlsFacts> tls_;
  bool paused_ = false;

  std::optional<MaildirMessage> message_;
  std::optional<Error> trouble_;  // why the message cannot be stored
  mail::Envelope envelope_;       // its
};

}  // namespace mailchute
