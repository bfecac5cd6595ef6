// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include "config/load.h"
#include "mailchute/check.h"
#include "mailchute/explain.h"
#include "mailchute/queue_list.h"
#include "mailchute/queue_retry.h"
#include "mailchute/queue_show.h"
#include "mailchute/reload.h"
#include "mailchute/sink.h"
#include "mailchute/status.h"

int main(int argc, char** argv) {
  using namespace mailchute;
  CLI::App app("mailchute: looks after the mail that leaves this machine");
  app.set_version_flag("-V,--version", "mailchute " MAILCHUTE_VERSION);
  app.require_subcommand(1);
  std::string file = config::kDefaultFile;
  app.add_option("-C,--config", file, "Configuration")->capture_default_str();
  int status = 0;

  auto* status_command = app.add_subcommand("status", "Say how the daemon and the smart host are");
  StatusOptions status_options;
  status_command->add_flag("--json", status_options.json, "For programs");
  status_command->add_option("--oldest", status_options.oldest, "How long a message may wait")->capture_default_str();
  status_command->callback([&] { status = show_status(file, status_options); });

  app.add_subcommand("reload", "Have the daemon read its configuration again")->callback([&] { status = reload(file); });

  auto* check_command = app.add_subcommand("check", "Check the configuration, without the network");
  check_command->callback([&] { status = check(file); });

  auto* explain = app.add_subcommand("explain", "Say what becomes of mail to an address, step by step");
  ExplainOptions explained;
  explain->add_option("ADDRESS", explained.addresses, "To whom")->required();
  explain->add_option("--from", explained.from, "Mail of this sender; without it, of whoever asks");
  explain->add_flag("--json", explained.json, "For programs: a line for each address");
  explain->callback([&] { status = explain_addresses(file, explained); });

  auto* queue = app.add_subcommand("queue", "Look at the queue and act on it");
  queue->require_subcommand(1);
  auto* list = queue->add_subcommand("list", "List every message that this user may see, oldest first");
  ListOptions list_options;
  list->add_flag("--json", list_options.json, "For programs");
  list->add_option("--state", list_options.states, "Only these: incoming, active, waiting, held, failed")
      ->check(CLI::IsMember({"incoming", "active", "waiting", "held", "failed"}));
  const auto only = [&list_options](const char* state) {
    return [&list_options, state] { list_options.states.emplace_back(state); };
  };
  list->add_flag_callback("--held", only("held"), "The same as --state held");
  list->add_flag_callback("--failed", only("failed"), "The same as --state failed: dead letters");
  list->add_option("--sender", list_options.sender, "Only with this in the sender's address");
  list->add_option("--recipient", list_options.recipient, "Only with this in a recipient's address");
  list->callback([&] { status = list_queue(file, list_options); });

  auto* show = queue->add_subcommand("show", "Show all that is known of a message");
  std::string shown_id;
  bool show_json = false;
  show->add_option("ID", shown_id, "Queue id, or the beginning of it")->required();
  show->add_flag("--json", show_json, "For programs");
  show->callback([&] { status = show_message(file, shown_id, show_json); });

  auto* retry = queue->add_subcommand("retry", "Try messages now; held and failed ones are put back first");
  std::vector<std::string> ids;
  bool all = false;
  retry->add_option("ID", ids, "Queue ids, or their beginnings");
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
  sink_command->add_option("--reply", sink.replies, "STEP[=TEXT][*COUNT]:550 text, or :close; may be repeated")
      ->allow_extra_args(false);
  sink_command->add_option("--delay", sink.delays, "STEP[=TEXT][*COUNT]:2s; may be repeated")->allow_extra_args(false);
  sink_command->add_option("--without", sink.without, "Extension that is not offered, such as 8BITMIME")
      ->allow_extra_args(false);
  sink_command->add_option("--count", sink.count, "End after so many messages");
  sink_command->add_flag_callback("--once", [&sink] { sink.count = 1; }, "The same as --count 1");
  sink_command->callback([&] { status = run_sink(sink); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 64;  // EX_USAGE
  }
  return status;
}
