// SPDX-License-Identifier: GPL-3.0-or-later
// What a smart host has shown to be other than it says: capabilities that it offers and does not
// keep, and how many recipients it takes at once. Both are forgotten after an hour: servers are
// mended. No clock: the time is given.
//
// Who is refused where a parameter may be the reason is sent to once more at once, without what
// might be it. If that goes through, the capability is broken, and left off from then on; if not,
// the reply stands. Where connections end without a word, twice and with none that went on in
// between, the next transactions do without what both had made use of there.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "smtp/transaction.h"

namespace mailchute::relay {

class Learned {
 public:
  // What is not made use of for this message now.
  smtp::Capabilities without(const std::string& id, Instant now) const;

  struct Finding {
    smtp::Capabilities broken{};       // known as such from now on
    std::string reply{};               // to what they were used for; empty: there was none
    std::vector<std::size_t> again{};  // recipients to be sent to once more at once
  };
  // What became of the message's transaction for these recipients.
  Finding reported(const std::string& id, const std::vector<std::string>& addresses,
                   const smtp::TransactionReport& report, Instant now);
  void forget(const std::string& id);  // the message is gone

  // So many recipients, and then it had enough.
  void took(std::size_t recipients, Instant now);
  std::size_t recipients(Instant now) const;  // 0: not known

 private:
  // One for each message that is sent again, until it has been.
  struct Trial {
    smtp::Capabilities without;
    smtp::Stage stage;  // that it did not pass: mail, rcpt
    std::set<std::string> addresses;
    std::string reply;
  };
  struct Loss {
    unsigned times = 0;
    smtp::Stage stage{};
  };

  static bool passed(const Trial& trial, const std::vector<std::string>& addresses,
                     const smtp::TransactionReport& report);
  void find_refusal(const std::string& id, const std::vector<std::string>& addresses,
                    const smtp::TransactionReport& report, Finding& finding);
  void lost(const smtp::TransactionReport& report);
  void went_on(const smtp::TransactionReport& report, Instant now, Finding& finding);
  void broken(smtp::Capability capability, Instant now, Finding& finding);

  std::map<smtp::Capability, Instant> broken_;  // until
  std::map<std::string, Trial> trials_;
  std::map<smtp::Capability, Loss> losses_;
  std::size_t takes_ = 0;
  Instant takes_until_{};
};

}  // namespace mailchute::relay
