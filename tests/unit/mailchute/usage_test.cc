// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/usage.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

namespace mailchute {
namespace {

std::string complaint_about(const std::string& words) {
  CLI::App app;
  app.require_subcommand(1);
  std::string id;
  auto* queue = app.add_subcommand("queue");
  queue->require_subcommand(1);
  queue->add_subcommand("list")->add_flag("--json");
  queue->add_subcommand("show")->add_option("ID", id)->required();
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    return usage_complaint(&app, error);
  }
  return "";
}

TEST(Usage, NamesTheWordAndWhereToReadOn) {
  EXPECT_EQ(complaint_about("queue list"), "");
  EXPECT_EQ(complaint_about(""), "mailchute: which command? See mailchute --help\n");
  EXPECT_EQ(complaint_about("heap"), "mailchute: \"heap\" is no command; see mailchute --help\n");
  EXPECT_EQ(complaint_about("queue lsit --json"), "mailchute: \"lsit\" is no command; did you mean list? See mailchute queue --help\n");
  EXPECT_EQ(complaint_about("queue list x"), "mailchute: \"x\" is one word too many; see mailchute queue list --help\n");
  EXPECT_EQ(complaint_about("queue list --jsno"), "mailchute: \"--jsno\" is no option; did you mean --json? See mailchute queue list --help\n");
  EXPECT_EQ(complaint_about("--fast queue list"), "mailchute: \"--fast\" is no option; see mailchute --help\n");
  EXPECT_EQ(complaint_about("queue show"), "mailchute: ID is required; see mailchute queue show --help\n");
}

TEST(Usage, IsOneLineWhateverWasTyped) {
  EXPECT_EQ(complaint_about("\"a\nb\x1b[2J\""), "mailchute: \"a\\nb\\x1b[2J\" is no command; see mailchute --help\n");
}

}  // namespace
}  // namespace mailchute
