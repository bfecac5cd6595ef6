// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of mail to an address, and from one, step by step: the very decisions of the daemon
// (mail/routing.h, mail/sender_policy.h), in words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/settings.h"
#include "mail/address_list.h"
#include "mail/routing.h"

namespace mailchute::config {

struct Explanation {
  std::string address;  // as written
  mail::Route route;
  std::string reverse_path;  // of the sender; empty: the null reverse-path
  // By which smart hosts, the preferred ones first; none: there are none. Each address is in one.
  struct Way {
    std::vector<std::string> addresses;
    struct Host {
      std::string smart_host;  // as describe() says
      std::string sent_as;     // what it hears of the sender
    };
    std::vector<Host> hosts;
  };
  std::vector<Way> ways;
};

Explanation explain(std::string_view address, std::string_view reverse_path,
                    const Settings& settings, const mail::Router& router);

// Explains one list of addresses after the other, to mail from one sender.
class Inquiry {
 public:
  // The sender as a caller writes it; what can be none is an error of kind data. `settings` outlive
  // it.
  static Result<Inquiry> of(std::string_view sender, const Settings& settings);

  struct Answer {
    std::vector<Explanation> explanations;
    std::vector<mail::BadAddress> bad;  // a list without any address is one
  };
  // Of addresses as in a header field.
  Answer ask(std::string_view list);

  // After all that was asked, for the program that asked: EX_DATAERR where something can be no
  // address, EX_NOUSER where an address gets nothing.
  int exit_status() const;

 private:
  Inquiry(std::string sender, const Settings& settings);

  std::string sender_;
  const Settings& settings_;
  mail::Router router_;
  bool bad_ = false, in_vain_ = false;
};

// Lines for people.
std::string text_of(const Explanation& explanation);

// "mail.example.org port 587 with STARTTLS, as web1@example.org"
std::string describe(const SmartHost& host);

}  // namespace mailchute::config
