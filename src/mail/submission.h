// SPDX-License-Identifier: GPL-3.0-or-later
// What a submission agent mends (RFC 6409, 8, and what callers of sendmail rely on): recipients are
// gathered, bare names get a domain, Received and missing Date, From and Message-ID are added, Bcc
// and Return-Path go. Every other octet of the header stays. Nothing a caller says can bring a line
// of its own into the header.
//
// A bare name in the envelope is this machine's: it gets the hostname, and what becomes of it is
// decided as it is sent. In the header it is for people elsewhere: it gets the domain.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "mail/address_list.h"
#include "mail/envelope.h"
#include "mail/header.h"

namespace mailchute::mail {

// The caller's words.
struct Request {
  std::vector<std::string> recipients;      // arguments: each a list of addresses
  bool recipients_from_header = false;      // -t
  std::optional<std::string> reverse_path;  // -f
  std::optional<std::string> full_name;     // -F, else $NAME
  Notify notify;                            // for every recipient
  BodyType body = BodyType::unspecified;
  Return ret = Return::unspecified;
  std::string envelope_id;  // in xtext
  bool wait_for_queue_run = false;
};

// Where and when, from outside.
struct Surroundings {
  std::string hostname;
  std::string domain;  // for bare names in the header
  std::uint32_t uid = 0;
  std::string login;  // of uid; the number as text where there is none; see needs_login()
  std::string gecos_name;
  std::string queue_id;
  Time now{};
  int utc_offset = 0;    // seconds
  std::string client{};  // of SMTP: "name ([127.0.0.1])"; empty where it has no address
};

// False: login and gecos_name may stay empty, nothing depends on them.
bool needs_login(const Header& header, const Request& request);

struct Submission {
  Envelope envelope;            // one recipient at least
  std::string header;           // with the blank line after it
  std::vector<BadAddress> bad;  // recipients that cannot be
};

// An error of kind data: the sender cannot be an address, or there is no recipient at all. `bad` in
// the error's text is named, too.
Result<Submission> prepare(const Header& header, const Request& request,
                           const Surroundings& surroundings);

// The same for a message that came by SMTP: the envelope is the client's, whose paths passed
// check(). `protocol` is for Received: "ESMTP" (RFC 3848). The login is never needed.
Submission prepare(const Header& header, Envelope envelope, std::string_view protocol,
                   const Surroundings& surroundings);

}  // namespace mailchute::mail
