// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>

#include <string>

#include "config/load.h"
#include "mailchute/check.h"
#include "mailchute/explain.h"
#include "mailchute/queue_commands.h"
#include "mailchute/reload.h"
#include "mailchute/sink.h"
#include "mailchute/status.h"
#include "mailchute/usage.h"

int main(int argc, char** argv) {
  using namespace mailchute;
  CLI::App app("mailchute: looks after the mail that leaves this machine");
  app.set_version_flag("-V,--version", "mailchute " MAILCHUTE_VERSION);
  app.require_subcommand(1);
  app.failure_message(usage_complaint);
  std::string file = config::kDefaultFile;
  app.add_option("-C,--config", file, "Configuration")->capture_default_str();
  int status = 0;

  auto* status_command = app.add_subcommand("status", "Say how the daemon and the smart host are");
  StatusOptions status_options;
  status_command->add_flag("--json", status_options.json, "For programs");
  status_command->add_flag("--metrics", status_options.metrics, "For Prometheus")
      ->excludes("--json");
  status_command->add_option("--oldest", status_options.oldest, "How long a message may wait")
      ->capture_default_str();
  status_command->callback([&] { status = show_status(file, status_options); });

  app.add_subcommand("reload", "Have the daemon read its configuration again")->callback([&] {
    status = reload(file);
  });

  auto* check_command = app.add_subcommand("check", "Check the configuration, without the network");
  check_command->callback([&] { status = check(file); });

  auto* explain =
      app.add_subcommand("explain", "Say what becomes of mail to an address, step by step");
  ExplainOptions explained;
  explain->add_option("ADDRESS", explained.addresses, "To whom")->required();
  explain->add_option("--from", explained.from, "Mail of this sender; without it, of whoever asks");
  explain->add_flag("--json", explained.json, "For programs: a line for each address");
  explain->callback([&] { status = explain_addresses(file, explained); });

  QueueCommands queue(app, file, status);

  SinkOptions sink;
  auto* sink_command =
      app.add_subcommand("sink", "An SMTP server that writes what it gets to a Maildir");
  sink_command->add_option("--listen", sink.listen, "ADDRESS:PORT; port 0 is any free one")
      ->capture_default_str();
  sink_command->add_option("--maildir", sink.maildir, "Maildir, made if it is missing")->required();
  sink_command->add_option("--cert", sink.certificate_file,
                           "Certificate (PEM): STARTTLS is offered");
  sink_command->add_option("--key", sink.key_file, "Its key (PEM)");
  sink_command->add_flag("--implicit-tls", sink.implicit_tls, "TLS from the start, as on port 465");
  sink_command->add_option("--user", sink.user, "Require AUTH as this user");
  sink_command->add_option("--password-file", sink.password_file,
                           "File whose first line is the password");
  sink_command->add_option("--port-file", sink.port_file,
                           "Write the port here once clients can connect");
  sink_command
      ->add_option("--reply", sink.replies,
                   "STEP[=TEXT][*COUNT]:550 text, or :close; may be repeated")
      ->allow_extra_args(false);
  sink_command->add_option("--delay", sink.delays, "STEP[=TEXT][*COUNT]:2s; may be repeated")
      ->allow_extra_args(false);
  sink_command
      ->add_option("--without", sink.without, "Extension that is not offered, such as 8BITMIME")
      ->allow_extra_args(false);
  sink_command->add_option("--count", sink.count, "End after so many messages");
  sink_command->add_flag_callback(
      "--once", [&sink] { sink.count = 1; }, "The same as --count 1");
  sink_command->callback([&] { status = run_sink(sink); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 64;  // EX_USAGE
  }
  return status;
}
