// SPDX-License-Identifier: GPL-3.0-or-later
// libconfig -> Settings. Every mistake is found in one reading and is one line: file, line, what is
// wrong and what to write instead.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "config/settings.h"

namespace mailchute::config {

extern const char kDefaultFile[];  // /etc/mailchute/mailchute.conf

struct Loaded {
  Settings settings;  // defaults where the file does not say or is wrong
  // "mailchute.conf:12: unknown setting 'smarthost'; did you mean 'smart_host'?"
  std::vector<std::string> mistakes;
  bool readable = false;  // false: no file, or not even its syntax could be read
};

// For the daemon and `mailchute check`: every setting. Does not look at the network, nor into the
// password file (secret/secret.h does).
Loaded load(const std::string& file);

// The same for a text that is there already; `file` is for the complaints. Opens nothing, so that
// hostname and domain stay empty if the text does not set them.
Loaded load_text(const std::string& text, const std::string& file);

// For the front end: only what a submission needs (queue_directory, run_directory, hostname,
// domain, ignore_dots, message_size_limit, the ways in), as cheap as can be; mistakes in the
// daemon's part are not its business. Never fails: a front end that cannot read the file still
// takes mail.
Loaded load_for_submission(const std::string& file);

}  // namespace mailchute::config
