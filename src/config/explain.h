// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of mail to an address, and from one, step by step: the very decisions of the daemon
// (mail/routing.h, mail/sender_policy.h), in words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "mail/routing.h"

namespace mailchute::config {

struct Explanation {
  std::string address;  // as written
  mail::Route route;
  std::string reverse_path;  // of the sender; empty: the null reverse-path
  std::string sent_as;       // what the smart host hears of it
  std::string smart_host;    // as describe() says; empty: there is none
};

Explanation explain(std::string_view address, std::string_view reverse_path,
                    const Settings& settings, const mail::Router& router);

// Lines for people.
std::string text_of(const Explanation& explanation);

// "mail.example.org port 587 with STARTTLS, as web1@example.org"
std::string describe(const SmartHost& host);

}  // namespace mailchute::config
