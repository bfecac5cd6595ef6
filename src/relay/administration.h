// SPDX-License-Identifier: GPL-3.0-or-later
// What administrators do to single messages while mail goes on. A message that is in a transaction
// is left alone until that is over; what was to be done is then done to what is left of it. A
// message that a digest stands for is on its own again before anything is done to it: the digest
// leaves, and the others that it stood for wait as if it had failed. Each act is logged with the
// uid that asked.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "queue/queue.h"
#include "queue/view.h"
#include "relay/recorder.h"

namespace mailchute::relay {

struct Act {
  enum class Verb {
    hold,     // no more attempts until it is released
    release,  // held or failed: to be sent, perhaps to others or from another
    bounce,   // its sender is told, and it leaves
    remove,   // it leaves
  };
  Verb verb;
  std::uint32_t by = 0;      // uid
  std::string reason{};      // for hold and bounce
  queue::Changes changes{};  // for release
};
const char* name_of(Act::Verb verb);
std::optional<Act::Verb> parse_verb(std::string_view name);

// Messages in cur/, as who sends sees them.
class Sight {
 public:
  virtual ~Sight() = default;
  enum class Standing { unknown, waiting, taken };
  virtual Standing standing(const std::string& id) const = 0;
  // The digest that stands for it, or itself.
  virtual std::string carrier(const std::string& id) const = 0;
  // This digest is about to leave, for none of its originals: each is on its own again, after a
  // while.
  virtual void dissolve(const std::string& digest) = 0;
};

class Administration {
 public:
  // All outlive it. `user` hears of what leaves cur/ and of what comes to it.
  Administration(queue::Queue& queue, const config::Settings& settings, Sight& sight,
                 Recorder& recorder, RecorderUser& user, Log& log);

  struct Outcome {
    enum class What {
      done,     // durable after commit()
      later,    // not durable: when the transaction is over, if there is something left by then
      refused,  // nothing has changed; or the disk has failed, and nobody knows
    };
    What what;
    std::string text{};  // for a person, where there is something to say
  };
  using Then = std::function<void(const Outcome&)>;
  // `then` hears once what became of what is `later`; what is done then is durable.
  Outcome act(const Act& act, const std::string& id, Then then = {});
  // What was released is sent from now on.
  Result<> commit();

  // The message is not in a transaction any more: it waits, or has left cur/. For the one who
  // sends, and goes on by himself.
  void freed(const std::string& id);

 private:
  struct Wish {
    Act act;
    std::string id;
    Then then;
  };
  Result<> look();
  Outcome consider(Wish& wish);
  Outcome wait(const std::string& busy, Wish& wish);
  std::optional<Outcome> leave_digest(const std::string& digest, Wish& wish);
  Outcome perform(const Act& act, const queue::Listed& entry);
  Result<> hold(const Act& act, const queue::Listed& entry);
  Result<> release(const Act& act, const queue::Listed& entry);
  Result<> bounce(const Act& act, const queue::Listed& entry);
  Result<> remove(const queue::Listed& entry);
  Result<> remove_digest(const queue::Listed& entry);
  Result<> make_durable();
  bool settled(const std::string& id);
  void log(const Act& act, const queue::Listed& entry);
  void fulfil(Wish& wish);

  queue::Queue& queue_;
  const config::Settings& settings_;
  Sight& sight_;
  Recorder& recorder_;
  RecorderUser& user_;
  Log& log_;
  std::optional<queue::View> view_;         // until commit()
  std::vector<queue::Listed> released_;     // since then
  std::multimap<std::string, Wish> later_;  // by what is in a transaction
  std::set<std::string> dissolved_;  // digests that have left for an act on one of their originals
};

}  // namespace mailchute::relay
