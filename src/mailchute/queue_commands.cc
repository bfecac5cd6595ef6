// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/queue_commands.h"

#include <cstdio>

#include "config/load.h"
#include "queue/control.h"
#include "sys/clock.h"

namespace mailchute {
namespace {

int complain(const Error& error) {
  std::fprintf(stderr, "mailchute: %s\n", error.text.c_str());
  switch (error.kind) {
    case Error::Kind::usage: return 64;
    case Error::Kind::temporary: return 75;
    case Error::Kind::permission:
    case Error::Kind::rejected: return 77;
    default: return 74;
  }
}

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

config::Settings settings_of(const std::string& file) {
  return config::load_for_submission(file).settings;
}

}  // namespace

int show_status(const std::string& config_file) {
  auto answer = queue::ask(settings_of(config_file).control_socket(), "STATUS");
  if (!answer) return complain(answer.error());
  for (const std::string& line : answer->lines) print(line + "\n");
  return 0;
}

int list_queue(const std::string& config_file) {
  const config::Settings settings = settings_of(config_file);
  auto overview = queue::ask_for_list(settings.control_socket());
  if (!overview && overview.error().kind == Error::Kind::temporary) {
    const Error asked = overview.error();
    overview = queue::read_list(settings.queue_directory);
    if (!overview) return complain(asked);
    std::fprintf(stderr, "mailchute: %s; this is what lies in %s\n", asked.text.c_str(), settings.queue_directory.c_str());
  }
  if (!overview) return complain(overview.error());
  const Time now = sys::now();
  print(queue::format_mailq(overview->shown, overview->requests, overview->octets, now, sys::utc_offset(now)));
  return 0;
}

int retry_messages(const std::string& config_file, const std::vector<std::string>& ids, bool all) {
  if (ids.empty() != all) {
    return complain({Error::Kind::usage, "retry what? Name queue ids (mailq shows them), or give --all"});
  }
  std::string request = "RETRY";
  for (const std::string& id : ids) request += " " + id;
  if (all) request += " *";
  auto answer = queue::ask(settings_of(config_file).control_socket(), request);
  if (!answer) return complain(answer.error());
  print(answer->summary + "\n");
  return 0;
}

}  // namespace mailchute
