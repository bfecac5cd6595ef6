// SPDX-License-Identifier: GPL-3.0-or-later
// What sendmail says of addresses and aliases without sending anything: -bv, -bt, newaliases.
#pragma once

#include <cstdint>
#include <cstdio>

#include "config/settings.h"
#include "sendmail/options.h"
#include "sendmail/report.h"

namespace mailchute::sendmail {

// -bv: where mail to each recipient goes, on standard output. EX_NOUSER where one of them gets
// nothing, EX_DATAERR where one can be no address.
int verify(const Options& options, const config::Settings& settings, std::uint32_t uid,
           Report& report);

// -bt: the same for each line of the input. What is too long for a line is EX_DATAERR, too.
int test_addresses(const Options& options, const config::Settings& settings, std::uint32_t uid,
                   std::FILE* input, Report& report);

// newaliases, -bi, -I: a warning for each thing that is wrong, no more: the rest of the file works,
// and packages that end with newaliases shall be installed. The daemon notices by itself that the
// file is another one, but not at once; so it is told, by those whom it obeys.
int check_aliases(const config::Settings& settings, Report& report);

}  // namespace mailchute::sendmail
