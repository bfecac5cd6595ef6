// SPDX-License-Identifier: GPL-3.0-or-later
// The one table that says what the smart host's words mean for a message: deliver, defer, fail,
// hold or leave alone, and what they say of the smart host. The engine in smtp/ only reports what
// was said; what a refusal is about is told by refusal.h. mailchuted(8) has the same table.
//
//   where it ended        what was said          scope       what is done
//   before MAIL           anything, nothing      host        untouched; paused by the session's end
//   MAIL                  about login            login       untouched; paused, after 5yz for long
//                         5yz about the sender   sender      held
//                         5yz about size         message     failed
//                         421, anything else     connection  where it took another message:
//                                                            untouched; a new connection
//                         anything else          host        otherwise: untouched; paused; a new
//                                                            connection
//   RCPT, none taken      about login            login       untouched; paused, after 5yz for long
//   DATA, end of message  5yz about the sender   sender      held
//                         about access or host   in doubt    deferred; if another message meets the
//                                                            same: untouched; paused
//   RCPT                  5yz                    recipient   failed
//                         4yz, 3yz               recipient   deferred
//   DATA, end of message  2yz to the message     message     delivered
//                         5yz                    message     failed
//                         4yz, odd               message     deferred
//   from MAIL on          421, nothing           in doubt    deferred; sent alone (health.h)
//   after the final dot   nothing                in doubt    possibly delivered; sent alone
//
// What may be about a parameter of MAIL or RCPT comes here only when it was said without that, too
// (learned.h).
//
// A message is `blamed` when the smart host was found to take another one while it would not take
// this one: from then on what is of scope host, or in doubt, is the message's own (4yz: deferred;
// 5yz: held at MAIL, failed later), and what is about login defers it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "smtp/client_session.h"
#include "smtp/transaction.h"

namespace mailchute::relay {

struct Verdict {
  enum class What { delivered, possibly_delivered, deferred, failed, discarded };
  What what;           // discarded: on this machine, as its aliases say
  std::string reply;   // the server's words, or why there are none
  std::string status;  // enhanced status code; "4.4.2" and the like where the server gave none
};
std::string_view name_of(Verdict::What what);

// What a smart host is paused for: nothing was heard of it, which may be the network's fault;
// trouble of its own; or a login that it refuses, with which one is careful: who tries too often is
// locked out.
enum class Cause { silence, trouble, login };
Cause cause_of(const smtp::Close::Trouble& trouble);

struct Judgement {
  enum class Host {
    unsaid,       // nothing; what ended the session may tell
    works,        // it answered in order
    interrupted,  // trouble in the middle: this message, or the smart host, is to blame
    doubtful,     // so it is with this refusal
    had_enough,   // of this connection, over which another message went: a new one will tell
    refuses,      // whatever message it is
  };
  Host host = Host::unsaid;
  Cause cause = Cause::trouble;  // where it refuses
  bool took_it = false;          // at least for one recipient
  bool slow_down = false;
  std::string refusal;               // where it refuses, or doubtful: its name
  std::vector<std::size_t> doubted;  // the recipients it concerns; empty: the sender, at MAIL

  bool untouched = false;           // no message was harmed: no attempt is counted
  bool held = false;                // the whole message
  bool leave = false;               // the connection is of no further use
  bool alone = false;               // the next time nothing else is in flight beside it
  bool answered = false;            // something was said about this message
  std::string reply;                // for held and untouched
  std::vector<Verdict> recipients;  // as in Transaction::recipients; empty when untouched or held

  // The refusal is found to be the smart host's own.
  void acquit();
};

Judgement judge(const smtp::TransactionReport& report, bool blamed = false);

}  // namespace mailchute::relay
