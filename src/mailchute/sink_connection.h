// SPDX-License-Identifier: GPL-3.0-or-later
// One client of the sink: its messages go to the Maildir.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "mailchute/maildir.h"
#include "relay/reception.h"

namespace mailchute {

class SinkConnection : private relay::ReceptionUser {
 public:
  using Closed = std::function<void(SinkConnection*)>;  // may destroy the connection

  SinkConnection(const relay::ReceptionSettings& settings, Maildir& maildir, Log& log,
                 net::EventLoop& loop, std::unique_ptr<net::Connection> connection, Closed closed);

 private:
  Result<> begin(Message message) override;
  Result<> write(std::string_view octets) override;
  void end() override;
  void abandon() override;
  void on_closed(const Error& reason) override;

  const Error& refused(const Error& why);
  Result<std::string> deliver();
  std::string trace(const Message& message) const;

  const relay::ReceptionSettings& settings_;
  Maildir& maildir_;
  Log& log_;
  Closed closed_;
  std::optional<MaildirMessage> message_;
  mail::Envelope envelope_;  // its
  relay::Reception reception_;
};

}  // namespace mailchute
