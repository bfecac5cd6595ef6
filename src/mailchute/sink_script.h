// SPDX-License-Identifier: GPL-3.0-or-later
// What a sink is told to do otherwise than a good server: `--reply` and `--delay`. A rule is
//
//   STEP[=TEXT][*COUNT]:WHAT
//
// STEP is CONNECT, a command, or MESSAGE for the end of a message. TEXT has to be in the command's
// argument, in any case. The rule holds COUNT times, over all connections, else always; of the
// rules for replies that hold the first decides, and so of those for delays. WHAT is a reply
// ("550 5.1.1 no such user"), "close" to hang up, or a span ("2s", "300ms").
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "smtp/reply.h"

namespace mailchute {

class SinkScript {
 public:
  // Errors are of kind usage and name the rule.
  Result<> add_reply(std::string_view rule);
  Result<> add_delay(std::string_view rule);

  // The steps that rules speak of (smtp::ServerOptions::consulted).
  std::set<std::string, std::less<>> steps() const;

  Milliseconds longest_delay() const;

  struct Decision {
    Milliseconds delay{0};             // then
    std::optional<smtp::Reply> reply;  // instead of what a good server would do
    bool close = false;
  };
  // Uses up the counts of the rules that decide.
  Decision decide(std::string_view step, std::string_view argument);

 private:
  struct Rule {
    std::string step;
    std::string text;
    std::optional<std::uint64_t> left;
    Decision decision;
  };
  static Result<Rule> parse(std::string_view rule, std::string_view& what);
  static const Rule* use(std::vector<Rule>& rules, std::string_view step,
                         std::string_view argument);

  std::vector<Rule> replies_;
  std::vector<Rule> delays_;
};

}  // namespace mailchute
