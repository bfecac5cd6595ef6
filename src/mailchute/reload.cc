// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/reload.h"

#include "base/text.h"
#include "mailchute/command.h"
#include "queue/control.h"

namespace mailchute {

// Each mistake is a complaint of its own.
int reload(const std::string& config_file) {
  const auto answer = queue::ask(settings_of(config_file).control_socket(), "RELOAD");
  if (answer) return finished();
  int status = 0;
  const std::string mistakes = unescaped(answer.error().text).value_or(answer.error().text);
  for (const std::string_view mistake : split(mistakes, '\n')) {
    status = complain({answer.error().kind, std::string(mistake)});
  }
  return status;
}

}  // namespace mailchute
