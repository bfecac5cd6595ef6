// SPDX-License-Identifier: GPL-3.0-or-later
// The command line of sendmail, a standard of its own: letters may be bundled, values joined or
// split, options may be repeated and stand behind addresses, and "--" ends them. Nothing that
// callers of other mail systems write makes a submission fail: what is unknown becomes a warning.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "mail/submission.h"

namespace mailchute::sendmail {

enum class Mode {
  submit,             // -bm, -ba
  smtp,               // -bs
  list_queue,         // -bp, mailq
  check_aliases,      // -bi, -I, newaliases
  verify,             // -bv
  test_addresses,     // -bt
  daemon,             // -bd
  foreground_daemon,  // -bD
  retry,              // -q
  version,
  help,
};

// Who hears of a recipient that cannot be an address, when there are others.
enum class BadAddresses {
  mail,   // -oem, -oew, -oee: the sender, by a notification
  print,  // -oep: the caller
  quiet,  // -oeq: the caller, by the exit status only
};

// -qI, -qR, -qS: entries whose id, recipient or sender contains `part`.
struct QueueFilter {
  enum class By { id, recipient, sender };
  By by;
  std::string part;
  bool operator==(const QueueFilter&) const = default;
};

struct Options {
  Mode mode = Mode::submit;
  mail::Request request;
  bool ignore_dots = false;
  BadAddresses bad_addresses = BadAddresses::mail;
  std::vector<QueueFilter> filters;  // retry: entries that match all of them
  std::optional<std::string> configuration_file;
  std::string log_tag;
  bool verbose = false;
  std::vector<std::string> warnings;
};

// `arguments` begins with the name the program was called by. An error of kind usage only for what
// cannot be guessed: an unknown mode.
Result<Options> parse_options(std::span<const std::string_view> arguments);

extern const char kUsage[];

}  // namespace mailchute::sendmail
