// SPDX-License-Identifier: GPL-3.0-or-later
// What is asked over the control socket (queue/control.h), answered in small steps: reading twenty
// thousand entries takes most of a second, and mail goes on meanwhile.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "config/settings.h"
#include "queue/index.h"
#include "relay/delivery.h"

namespace mailchute::mailchuted {

// What tasks look at; the index is theirs together.
struct Desk {
  const config::Settings& settings;
  relay::Delivery& delivery;
  queue::Index index;
  Time started;
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

// `request` is one line without its LF.
std::unique_ptr<Task> task_for(std::string_view request, const Asker& asker, Desk& desk);

}  // namespace mailchute::mailchuted
