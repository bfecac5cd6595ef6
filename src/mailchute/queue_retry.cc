// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/queue_retry.h"

#include "mailchute/command.h"
#include "queue/control.h"

namespace mailchute {

int retry_messages(const std::string& config_file, const std::vector<std::string>& ids, bool all) {
  if (ids.empty() != all) {
    return complain({Error::Kind::usage, "retry what? Name queue ids (mailchute queue list shows them), or give --all"});
  }
  std::string request = "RETRY";
  for (const std::string& id : ids) request += " " + id;
  if (all) request += " *";
  const auto answer = queue::ask(settings_of(config_file).control_socket(), request);
  if (!answer) return complain(answer.error());
  print(answer->summary + "\n");
  return finished();
}

}  // namespace mailchute
