// SPDX-License-Identifier: GPL-3.0-or-later
// A message that comes in by SMTP, on its way into the queue: its header is mended, its envelope
// completed (mail/submission.h), and then it is written as an entry. Without a commit nothing is
// left of it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/settings.h"
#include "mail/intake.h"
#include "queue/own_entry_writer.h"
#include "queue/queue.h"
#include "smtp/server_session.h"

namespace mailchute::mailchuted {

class SmtpMessage : private mail::Destination {
 public:
  // `client`: where it comes from, "[127.0.0.1]".
  SmtpMessage(queue::Queue& queue, const config::Settings& settings, uid_t uid,
              smtp::ServerSession::BeginMessage message, const std::string& client);
  SmtpMessage(const SmtpMessage&) = delete;

  Result<> feed(std::string_view text);
  // At its end: the entry is complete then.
  Result<> finish();

  queue::OwnEntryWriter& entry() { return *writer_; }
  // What is to be delivered, once it is committed.
  const queue::Adopted& adopted() const { return adopted_; }
  // Octets that are in memory alone.
  std::uint64_t held() const { return held_; }

 private:
  Result<> begin(const mail::Envelope& envelope) override;
  Result<> write(std::string_view text) override;
  Result<> after(Result<> taken);
  mail::Submission prepare(const mail::Header& header);

  queue::Queue& queue_;
  const config::Settings& settings_;
  smtp::ServerSession::BeginMessage message_;
  std::string client_;
  queue::Adopted adopted_{};
  mail::Intake intake_;
  std::optional<queue::OwnEntryWriter> writer_;
  std::uint64_t held_ = 0;
};

}  // namespace mailchute::mailchuted
