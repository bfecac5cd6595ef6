// SPDX-License-Identifier: GPL-3.0-or-later
// `mailchute queue retry|hold|release|bounce|remove`: first the messages that are meant are looked
// for, somebody is asked where many would go, and then just these are acted on, a batch at a time.
// Each batch is durable before the next, so that an interruption leaves none of them half done.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mailchute/queue_selection.h"
#include "queue/control.h"

namespace mailchute {

enum class Verb { retry, hold, release, bounce, remove };

struct ActOptions {
  SelectionOptions selection;
  std::string reason;                   // for hold and bounce
  std::optional<std::string> sender;    // for release: in place of the sender
  std::vector<std::string> recipients;  // for release: OLD=NEW
  bool yes = false;
  bool json = false;
};

int act_on_messages(const std::string& config_file, Verb verb, const ActOptions& options);

// "a@b=c@d": a local-part may have a '=', too, a domain has none.
struct Exchange {
  std::string old, now;
};
Result<Exchange> parse_exchange(std::string_view text);

// What became of the messages, and how it is told.
class Tally {
 public:
  Tally(Verb verb, const Chosen& chosen);
  void add(const queue::Acted& acted);
  void leave(std::size_t left) { left_ = left; }
  bool empty() const { return all_.empty(); }

  // One line on what was done, and one for each reason why something was not.
  std::string summary() const;
  std::vector<std::string> complaints() const;
  std::string json() const;
  std::uint64_t later() const { return later_; }

 private:
  Verb verb_;
  std::map<std::string, std::uint64_t> sizes_;  // by id
  std::vector<queue::Acted> all_;
  std::uint64_t done_ = 0, later_ = 0, octets_ = 0;
  std::map<std::string, std::vector<std::string>> reasons_;  // refused: ids
  std::size_t left_ = 0;
};

}  // namespace mailchute
