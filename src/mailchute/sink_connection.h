// SPDX-License-Identifier: GPL-3.0-or-later
// One client of the sink: its messages go to the Maildir, and the script says where it fares worse
// than with a good server.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "mail/header.h"
#include "mailchute/maildir.h"
#include "mailchute/sink_script.h"
#include "relay/reception.h"

namespace mailchute {

// What the clients of a sink share; outlives them.
struct SinkShared {
  const relay::ReceptionSettings& settings;
  Maildir& maildir;
  SinkScript& script;
  Log& log;
  net::EventLoop& loop;
  std::function<void()> delivered = [] {};  // one message more
};

class SinkConnection : private relay::ReceptionUser {
 public:
  using Closed = std::function<void(SinkConnection*)>;  // may destroy the connection

  SinkConnection(const SinkShared& shared, std::unique_ptr<net::Connection> connection,
                 Closed closed);

  // As Reception's.
  void finish() { reception_.finish(); }

 private:
  Result<> begin(Message message) override;
  Result<> write(std::string_view octets) override;
  void end() override;
  void abandon() override;
  void consult(relay::Reception& reception, const Consult& about) override;
  void on_closed(const Error& reason) override;

  static void follow(const SinkScript::Decision& decision, relay::Reception& reception);
  const Error& refused(const Error& why);
  Result<std::string> deliver();
  std::string trace(const Message& message) const;

  const SinkShared& shared_;
  Closed closed_;
  net::Timer delay_;
  std::optional<MaildirMessage> message_;
  mail::Envelope envelope_;    // its
  mail::HeaderReader header_;  // its
  relay::Reception reception_;
};

}  // namespace mailchute
