// SPDX-License-Identifier: GPL-3.0-or-later
// What keeper and worker say to each other: one packet is one message, over a pair of sockets that
// is made before the fork. Nobody ever waits for the other; who cannot speak any more has lost the
// other side.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "relay/delivery.h"
#include "sys/unique_fd.h"

namespace mailchute::mailchuted {

struct Message {
  enum class Kind {
    // The worker's
    ready,    // it could begin
    cannot,   // text: why it could not begin
    working,  // it has begun: mail is taken care of
    retired,  // it takes nothing new any more; what it has in hand it finishes
    status,   // text: how delivery is going
    signs,    // text: how mail is (condition.h)
    alive,
    reload,  // an administrator asks for it
    came,    // entries came in after it had retired
    // The keeper's
    begin,  // inheritance: what workers before it left
    left,   // inheritance: what one of those left that were still at work, and has gone now;
            // there may be entries that nobody told of
    retire,
    alarm,     // text: what is wrong and was announced (condition.h)
    reloaded,  // text: the mistakes, a line each; or nothing. One for each `reload`, in order;
    put_off,   // or this. text: why it comes later, without being asked for again
    // Nobody's: what hear() says when the other side is not there any more
    gone,
  };
  Kind kind;
  std::string text;
  relay::Inheritance inheritance;
};

// 8 old workers with 256 messages each, 28 octets for an id; half of that besides.
inline constexpr std::size_t kLongestMessage = 96 << 10;

std::string format_message(const Message& message);
// Nothing for what format_message() does not make.
std::optional<Message> parse_message(std::string_view packet);

class Leash {
 public:
  struct Ends;
  static Result<Ends> make();

  int fd() const { return socket_.get(); }
  // False when the other side has gone or does not read.
  bool say(const Message& message) const;
  // The next message; nothing when there is none for now. What nobody understands is left out.
  std::optional<Message> hear() const;

 private:
  explicit Leash(sys::UniqueFd socket) : socket_(std::move(socket)) {}
  sys::UniqueFd socket_;
};

struct Leash::Ends {
  Leash keeper, worker;
};

}  // namespace mailchute::mailchuted
