// SPDX-License-Identifier: GPL-3.0-or-later
// Hands one entry to the daemon over the submission socket. Nothing is sent before 64 KiB of the
// message are there, or all of it: a message that is slow in coming keeps no place, and what is
// still in memory as a whole is sent again when the daemon is busy or restarts. When commit() has
// returned the message is durable; see there for what an error says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "mail/envelope.h"
#include "queue/digest.h"
#include "sys/unix_client.h"

namespace mailchute::queue {

struct SocketPatience {
  // Connecting, and each write and answer: the daemon may be waiting for a disk in trouble.
  Milliseconds silence{30000};
  // A daemon that is busy, or one that comes back after it broke off.
  Milliseconds trouble{15000};
};

class SocketWriter {
 public:
  // Errors name the socket. Of kind unavailable: there is none.
  SocketWriter(std::string socket, std::string id, SocketPatience patience = {});

  // An error of kind data: check_envelope() says why.
  Result<> begin(const mail::Envelope& envelope);
  Result<> write(std::string_view octets);

  // Where the daemon breaks off, or does not answer after it was told all, it is asked whether it
  // has the message, until it answers or patience ends. An error means that nothing was queued; but
  // after an error of kind temporary whose text says so the message may have been queued after all,
  // or even been delivered before the question was answered: a duplicate, as after any lost reply.
  Result<> commit();

  // Whether the daemon waits for more and wants to hear from us now and then.
  bool streaming() const { return client_.has_value(); }
  // Says so. An error shows with the next write().
  void keep_alive();

 private:
  enum class State { taken, busy, lost, unknown };
  Result<> flush();
  Result<> open_stream();
  Result<State> submit_whole();
  Result<State> end_stream();
  Result<State> ask();
  Result<> connect();
  Result<State> tell(std::string_view octets);
  Result<State> hear(bool go);
  State lost(Error reason);
  Error gave_up(bool told) const;
  Error forgotten() const;

  std::string path_;
  std::string id_;
  SocketPatience patience_;
  std::string head_;  // first line and envelope
  std::size_t envelope_offset_ = 0;
  std::string buffer_;  // of the message, not sent or, before the first flush, all of it
  std::uint64_t sent_ = 0;
  std::optional<DigestBuilder> digest_;  // of what was sent
  std::optional<sys::UnixClient> client_;
  Error trouble_{Error::Kind::temporary, {}};  // why it is busy or lost
};

}  // namespace mailchute::queue
