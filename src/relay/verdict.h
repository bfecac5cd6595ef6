// SPDX-License-Identifier: GPL-3.0-or-later
// The one table that says what the smart host's words mean for a message: deliver, defer, fail, hold
// or leave alone. The engine in smtp/ only reports what was said.
//
//   where it ended                     what was said         recipients
//   before RSET was answered           anything              untouched: trouble with the smart host
//   MAIL                               5yz                   message held for an administrator
//                                      552, X.3.4 (too big)  failed
//                                      4yz, nothing          deferred
//   RCPT                               5yz                   failed
//                                      4yz, odd, nothing     deferred
//   DATA, end of message               2yz to the message    delivered
//                                      5yz                   failed
//                                      4yz, odd, nothing     deferred
//   end of message, final dot sent     nothing               possibly delivered: sent again
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "smtp/transaction.h"

namespace mailchute::relay {

struct Verdict {
  enum class What { delivered, possibly_delivered, deferred, failed, discarded };
  What what;  // discarded: on this machine, as its aliases say
  std::string reply;   // the server's words, or why there are none
  std::string status;  // enhanced status code; "4.4.2" and the like where the server gave none
};
std::string_view name_of(Verdict::What what);

struct Judgement {
  bool untouched = false;  // no message was harmed: no attempt is counted
  bool held = false;       // the whole message
  // Trouble in the middle of a transaction: this message, or the smart host, is to blame.
  bool interrupted = false;
  std::string reply;  // for held and untouched
  std::vector<Verdict> recipients;  // as in Transaction::recipients; empty when untouched or held
};

Judgement judge(const smtp::TransactionReport& report);

}  // namespace mailchute::relay
