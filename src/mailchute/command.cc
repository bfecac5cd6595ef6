// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/command.h"

#include <sysexits.h>

#include <cstdio>

#include "base/text.h"
#include "config/load.h"
#include "mailchute/words.h"

namespace mailchute {

bool print(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::ferror(stdout) == 0;
}

int finished() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return EX_OK;
  return complain({Error::Kind::io, Error::from_errno("write to", "standard output").text});
}

int complain(const Error& error) {
  std::fflush(stdout);
  std::fprintf(stderr, "mailchute: %s\n", shown(error.text).c_str());
  switch (error.kind) {
    case Error::Kind::usage: return EX_USAGE;
    case Error::Kind::data: return EX_DATAERR;
    case Error::Kind::temporary:
    case Error::Kind::unavailable:
    case Error::Kind::full: return EX_TEMPFAIL;
    case Error::Kind::protocol: return EX_PROTOCOL;
    case Error::Kind::permission:
    case Error::Kind::rejected: return EX_NOPERM;
    case Error::Kind::config: return EX_CONFIG;
    default: return EX_IOERR;
  }
}

void note_reading(const std::string& directory, const Error& why) {
  std::fprintf(stderr, "mailchute: %s This is what lies in %s\n", shown(why.text).c_str(),
               directory.c_str());
}

config::Settings settings_of(const std::string& config_file) {
  return config::load_for_submission(config_file).settings;
}

}  // namespace mailchute
