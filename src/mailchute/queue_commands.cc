// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/queue_commands.h"

#include <CLI/CLI.hpp>

#include "mailchute/queue_act.h"
#include "mailchute/queue_export.h"
#include "mailchute/queue_import.h"
#include "mailchute/queue_list.h"
#include "mailchute/queue_show.h"

namespace mailchute {
namespace {

constexpr char kJson[] = "For programs";

void add_selection(CLI::App* command, SelectionOptions& options) {
  command->add_option("ID", options.ids, "Queue ids, or their beginnings");
  command
      ->add_option("--sender", options.senders,
                   "Only from these: *@example.org, @example.org, root, <>")
      ->allow_extra_args(false);
  command->add_option("--recipient", options.recipients, "Only to these")->allow_extra_args(false);
  command->add_option("--older", options.older, "Only what came longer ago than this: 30m, 4h, 5d");
  command->add_option("--newer", options.newer, "Only what came not so long ago");
  command->add_option("--reason", options.reasons, "Only with this in the reason")
      ->allow_extra_args(false);
  command
      ->add_option("--state", options.states,
                   "Only these: incoming, active or in-delivery, waiting, held, failed")
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"incoming", "active", "in-delivery", "waiting", "held", "failed"}));
  const auto only = [&options](const char* state) {
    return [&options, state] { options.states.emplace_back(state); };
  };
  command->add_flag_callback("--held", only("held"), "The same as --state held");
  command->add_flag_callback("--failed", only("failed"),
                             "The same as --state failed: dead letters");
  command->add_flag("--all", options.all, "Every message that it makes sense for");
}

}  // namespace

struct QueueCommands::Options {
  ListOptions list;
  std::string shown;
  bool show_json = false;
  ActOptions retry, hold, release, bounce, remove;
  ExportOptions exported;
  ImportOptions imported;
};

QueueCommands::~QueueCommands() = default;

QueueCommands::QueueCommands(CLI::App& app, const std::string& config_file, int& status)
    : options_(std::make_unique<Options>()) {
  Options& options = *options_;
  auto* queue = app.add_subcommand("queue", "Look at the queue and act on it");
  queue->require_subcommand(1);

  auto* list =
      queue->add_subcommand("list", "List the messages that this user may see, oldest first");
  add_selection(list, options.list.selection);
  list->add_flag("--json", options.list.json, kJson);
  list->callback([&] { status = list_queue(config_file, options.list); });

  auto* show = queue->add_subcommand("show", "Show all that is known of a message");
  show->add_option("ID", options.shown, "Queue id, or the beginning of it")->required();
  show->add_flag("--json", options.show_json, kJson);
  show->callback([&] { status = show_message(config_file, options.shown, options.show_json); });

  const auto add_act = [&](Verb verb, const char* name, const char* description, ActOptions& act) {
    auto* command = queue->add_subcommand(name, description);
    add_selection(command, act.selection);
    command->add_flag("--json", act.json, kJson);
    command->add_flag("--yes", act.yes, "Do not ask");
    command->callback([&, verb] { status = act_on_messages(config_file, verb, act); });
    return command;
  };
  add_act(Verb::retry, "retry",
          "Try messages now; held and failed ones that are named are put back first",
          options.retry);
  add_act(Verb::hold, "hold", "Keep messages from being sent until they are released", options.hold)
      ->add_option("--because", options.hold.reason, "Why, for whoever looks");
  auto* release = add_act(Verb::release, "release", "Put held and failed messages back, to be sent",
                          options.release);
  release->add_option("--set-sender", options.release.sender, "From this sender instead");
  release
      ->add_option("--set-recipient", options.release.recipients,
                   "OLD=NEW: to this recipient instead")
      ->allow_extra_args(false);
  add_act(Verb::bounce, "bounce", "Give messages up, and tell their senders", options.bounce)
      ->add_option("--because", options.bounce.reason, "Why, for the senders");
  add_act(Verb::remove, "remove", "Remove messages, and tell nobody", options.remove);

  auto* exported = queue->add_subcommand(
      "export", "Write messages to a file, a folder, a Maildir or standard output");
  add_selection(exported, options.exported.selection);
  exported->add_flag("--message", options.exported.message_only,
                     "Only the message, without the queue's fields");
  exported->add_option("--output", options.exported.output, "A new file");
  exported->add_option("--folder", options.exported.folder, "Files of their own in this folder");
  exported->add_option("--maildir", options.exported.maildir, "Into this Maildir");
  exported->add_flag("--json", options.exported.json, kJson);
  exported->callback([&] { status = export_messages(config_file, options.exported); });

  auto* imported = queue->add_subcommand(
      "import", "Submit what export wrote, or messages with the envelope that is given");
  imported->add_option("FILE", options.imported.files, "Files; - is standard input")->required();
  imported->add_option("--sender", options.imported.sender,
                       "Of messages that have no envelope of their own");
  imported->add_option("--recipient", options.imported.recipients, "To whom they go")
      ->allow_extra_args(false);
  imported->add_flag("--json", options.imported.json, kJson);
  imported->callback([&] { status = import_messages(config_file, options.imported); });
}

}  // namespace mailchute
