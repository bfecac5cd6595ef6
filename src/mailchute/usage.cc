// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/usage.h"

#include <CLI/CLI.hpp>

#include <string_view>
#include <vector>

#include "config/spelling.h"
#include "mailchute/words.h"

namespace mailchute {
namespace {

bool is_option(std::string_view word) { return word.starts_with('-'); }

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::string complaint_about(const std::string& word, const CLI::App& command, bool lacks_command) {
  const auto names = is_option(word) ? options_of(command) : commands_of(command);
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const std::string_view meant = config::nearest(word, candidates);
  std::string text = "\"" + word + "\"";
  text += is_option(word) ? " is no option"
          : lacks_command ? " is no command"
                          : " is one word too many";
  return meant.empty() ? text : text + "; did you mean " + std::string(meant) + "?";
}

}  // namespace

std::string usage_complaint(const CLI::App* app, const CLI::Error& error) {
  const CLI::App* command = app;
  std::string name = "mailchute";
  while (command->remaining().empty() && !command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    name += " " + command->get_name();
  }
  const auto left = command->remaining();
  const bool required = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError);
  const bool lacks_command = required && !commands_of(*command).empty();
  std::string text = error.what();
  if (!left.empty()) text = complaint_about(left.front(), *command, lacks_command);
  else if (lacks_command) text = "which command?";
  return "mailchute: " + shown(text) + (text.ends_with('?') ? " See " : "; see ") + name +
         " --help\n";
}

}  // namespace mailchute
