// SPDX-License-Identifier: GPL-3.0-or-later
// What is asked over the control socket (queue/control.h), answered in small steps: reading twenty
// thousand entries takes most of a second, and mail goes on meanwhile.
#pragma once

#include <sys/types.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/settings.h"
#include "mailchuted/condition.h"
#include "mailchuted/smtp_server.h"
#include "mailchuted/tally.h"
#include "queue/control.h"
#include "queue/index.h"
#include "relay/delivery.h"

namespace mailchute::mailchuted {

// Reloads of the configuration that were asked for, and are answered in that order.
class Reloads {
 public:
  using Place = std::shared_ptr<std::optional<Result<>>>;  // nothing as long as it is under way

  explicit Reloads(std::function<void()> ask) : ask_(std::move(ask)) {}
  Place ask();
  void answer(const Result<>& result);

 private:
  std::function<void()> ask_;
  std::deque<Place> places_;  // one stays when who asked has gone
};

// What tasks look at; the index is theirs together.
struct Desk {
  const config::Settings& settings;
  relay::Delivery& delivery;
  queue::Index index;
  const Tally& tally;
  Reloads reloads;
  Log& log;
  const SmtpServer* smtp;      // nullptr: there is no listener
  std::function<void()> wake;  // a task may be ready that was not
  std::vector<Trouble> alarm = {};
  // How long an answer waits for transactions: nearly all take less, and somebody sits there and
  // waits.
  Milliseconds patience{30000};
};

// Users see their own messages, administrators all.
struct Asker {
  uid_t uid;
  bool administrator;
};

class Task {
 public:
  virtual ~Task() = default;
  // False while it waits for something other than its turn.
  virtual bool ready() const { return true; }
  // Does a little: opens a file or two, or syncs one. True when `answer` is the whole answer.
  virtual bool step(std::string& answer) = 0;
};

std::string error_line(std::string_view text);
// What the desk knows is wrong, as answers tell it.
queue::Alarm alarm_of(const Desk& desk);

// An answer that is known already: an ERROR with this text.
std::unique_ptr<Task> refusal(std::string text);
// The refusal of what others than administrators may not do.
std::unique_ptr<Task> for_administrators(const std::string& act);

// `request` is one line without its LF.
std::unique_ptr<Task> task_for(std::string_view request, const Asker& asker, Desk& desk);

}  // namespace mailchute::mailchuted
