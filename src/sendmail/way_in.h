// SPDX-License-Identifier: GPL-3.0-or-later
// Takes one entry into the queue by whichever way works: the drop directory, which needs nobody to
// run, and where that fails in any way, also in the middle of a message, the daemon's socket. An
// error means that neither took it, names both, and nothing is queued. Constant memory: what the
// drop directory has taken is read back from there. No message passes message_size_limit.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "config/settings.h"
#include "mail/intake.h"
#include "queue/entry_writer.h"
#include "queue/socket_writer.h"

namespace mailchute::sendmail {

class WayIn final : public mail::Destination {
 public:
  // Trouble with the drop directory shows now, before the message is read.
  static Result<WayIn> open(const config::Settings& settings, std::string id);

  const std::string& id() const { return id_; }

  // Once, before the first write(); the envelope is borrowed until commit(). What is wrong with it
  // or with the message is no matter of the way: an error of kind data at once.
  Result<> begin(const mail::Envelope& envelope) override;
  Result<> write(std::string_view octets) override;
  // As SocketWriter's, where it came to that.
  Result<> commit();

  // While nothing comes from the caller: a daemon that is in the middle of this message hears from
  // us at least this often, which is less than its patience.
  static constexpr Milliseconds kSignOfLife{10000};
  bool streaming() const { return socket_ && socket_->streaming(); }
  void keep_alive() { socket_->keep_alive(); }

 private:
  WayIn(const config::Settings& settings, std::string id)
      : settings_(&settings), id_(std::move(id)) {}
  Result<> fall_over(Error reason);
  Result<> by_socket(Result<> done) const;

  const config::Settings* settings_;
  std::string id_;
  const mail::Envelope* envelope_ = nullptr;
  std::uint64_t message_length_ = 0;
  std::optional<queue::EntryWriter> drop_;
  std::optional<queue::SocketWriter> socket_;  // the way, as soon as it is there
  std::optional<Error> why_;                   // the drop directory is not
};

// Of the whole attempt, from what was wrong with each way: 75 where trying again can help.
Error both_ways(const Error& drop, const Error& socket);

}  // namespace mailchute::sendmail
