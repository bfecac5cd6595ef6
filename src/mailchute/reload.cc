// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/reload.h"

#include "base/text.h"
#include "mailchute/command.h"
#include "queue/control.h"

namespace mailchute {

// Each mistake is a complaint of its own.
int reload(const std::string& config_file) {
  const auto answer = queue::ask(settings_of(config_file).control_socket(), "RELOAD");
  if (!answer) return complain(answer.error());
  const auto kind = answer->summary == "later" ? Error::Kind::temporary : Error::Kind::config;
  int status = 0;
  for (const std::string& line : answer->lines)
    status = complain({kind, unescaped(line).value_or(line)});
  return status == 0 ? finished() : status;
}

}  // namespace mailchute
