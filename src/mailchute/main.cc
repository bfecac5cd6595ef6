// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include "config/load.h"
#include "mailchute/check.h"
#include "mailchute/queue_commands.h"
#include "mailchute/sink.h"

int main(int argc, char** argv) {
  using namespace mailchute;
  CLI::App app("mailchute: looks after the mail that leaves this machine");
  app.set_version_flag("-V,--version", "mailchute " MAILCHUTE_VERSION);
  app.require_subcommand(1);
  std::string file = config::kDefaultFile;
  app.add_option("-C,--config", file, "Configuration")->capture_default_str();
  int status = 0;

  auto* status_command = app.add_subcommand("status", "Say how the daemon and the smart host are");
  status_command->callback([&] { status = show_status(file); });

  auto* check_command = app.add_subcommand("check", "Check the configuration, without the network");
  check_command->callback([&] { status = check(file); });

  auto* queue = app.add_subcommand("queue", "Look at the queue and act on it");
  queue->require_subcommand(1);
  queue->add_subcommand("list", "List every message that this user may see")->callback([&] { status = list_queue(file); });
  auto* retry = queue->add_subcommand("retry", "Try messages now; held and failed ones are put back first");
  std::vector<std::string> ids;
  bool all = false;
  retry->add_option("ID", ids, "Queue ids");
  retry->add_flag("--all", all, "Every message that waits");
  retry->callback([&] { status = retry_messages(file, ids, all); });

  SinkOptions sink;
  auto* sink_command = app.add_subcommand("sink", "An SMTP server that writes what it gets to a Maildir");
  sink_command->add_option("--listen", sink.listen, "ADDRESS:PORT; port 0 is any free one")->capture_default_str();
  sink_command->add_option("--maildir", sink.maildir, "Maildir, made if it is missing")->required();
  sink_command->add_option("--cert", sink.certificate_file, "Certificate (PEM): STARTTLS is offered");
  sink_command->add_option("--key", sink.key_file, "Its key (PEM)");
  sink_command->add_flag("--implicit-tls", sink.implicit_tls, "TLS from the start, as on port 465");
  sink_command->add_option("--user", sink.user, "Require AUTH as this user");
  sink_command->add_option("--password-file", sink.password_file, "File whose first line is the password");
  sink_command->add_option("--port-file", sink.port_file, "Write the port here once clients can connect");
  sink_command->callback([&] { status = run_sink(sink); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 64;  // EX_USAGE
  }
  return status;
}
