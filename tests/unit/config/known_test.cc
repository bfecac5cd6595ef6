// SPDX-License-Identifier: GPL-3.0-or-later
// The table of settings against what people read: the manual page and the example file.
#include "config/known.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "config/load.h"

namespace mailchute::config {
namespace {

const std::filesystem::path kTop = std::filesystem::path(__FILE__).parent_path() / "../../..";

std::string text_of(const char* name) {
  std::ifstream file(kTop / name);
  EXPECT_TRUE(file.is_open()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

// "retry." for the section that describes the group's settings.
std::string group_of_section(const std::string& title) {
  if (title == "The smart host" || title == "The sender") return "smart_host.";
  if (title == "Routes") return "routes.";
  if (title == "Time limits") return "smart_host.timeouts.";
  if (title == "Trying again") return "retry.";
  if (title == "SMTP for local programs") return "listener.";
  if (title == "Dead letters") return "dead_letters.";
  if (title == "When mail is broken") return "alarm.";
  if (title == "Storms") return "storms.";
  return "";
}

std::set<std::string> settings_in_manual() {
  const std::string section = ".Ss ";
  const std::string item = ".It Ic ";
  std::istringstream page(text_of("src/mailchuted/mailchute.conf.5"));
  std::set<std::string> found;
  std::string group;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with(section)) group = group_of_section(line.substr(section.size()));
    if (line.starts_with(item)) found.insert(group + line.substr(item.size()));
  }
  return found;
}

TEST(Known, TheManualPageDescribesEverySettingAndNoOther) {
  std::set<std::string> settings;
  for (const Known& known : known_settings())
    if (!known.group) settings.emplace(known.path);
  EXPECT_EQ(settings_in_manual(), settings);
}

TEST(Known, TheExampleFileHasNoMistakes) {
  const std::string text = text_of("etc/mailchute.conf");
  EXPECT_EQ(load_text(text, "").mistakes, std::vector<std::string>{});
}

TEST(Known, WhatTheExampleFileHasInCommentsIsRightToo) {
  std::string text = text_of("etc/mailchute.conf");
  const auto several = text.find("#smart_hosts = (");  // is instead of smart_host
  text.erase(several, text.find("\n\n", several) - several);
  for (std::size_t i = 0; i + 1 < text.size(); ++i)
    if (text[i] == '#' && text[i + 1] >= 'a' && text[i + 1] <= 'z') text[i] = ' ';
  EXPECT_EQ(load_text(text, "").mistakes, std::vector<std::string>{});
  EXPECT_EQ(load_text(text, "").settings.smart_hosts.front().port, 465);
}

TEST(Known, SoAreSeveralSmartHostsInTheExampleFileAndTheReadme) {
  for (const auto& [file, before] : {std::pair("etc/mailchute.conf", "#smart_hosts = ("), std::pair("README", "smart_hosts = (")}) {
    std::string text = text_of(file);
    text = text.substr(text.find(before));
    text = text.substr(0, text.find("\n\n"));
    std::replace(text.begin(), text.end(), '#', ' ');
    const Loaded loaded = load_text(text, file);
    EXPECT_EQ(loaded.mistakes, std::vector<std::string>{}) << text;
    EXPECT_EQ(loaded.settings.smart_hosts.size(), 3u) << text;
    EXPECT_EQ(loaded.settings.routes.size(), 1u) << text;
  }
}

// What is written in a group, and the groups in it.
std::string written(const std::string& group, const std::map<std::string, std::string>& settings) {
  std::string text = settings.at(group);
  for (const auto& [name, inner] : settings) {
    if (name.empty() || name == group || !name.starts_with(group)) continue;
    const std::string own = name.substr(group.size(), name.size() - group.size() - 1);
    if (own.find('.') != own.npos) continue;
    const bool list = !find_known(name.substr(0, name.size() - 1))->item.empty();
    text += own + (list ? " = ({" : " = {") + written(name, settings) + (list ? "}, { smart_host = \"main\"; });\n" : "};\n");
  }
  return text;
}

TEST(Known, EachExampleInTheTableIsAValueThatDoes) {
  std::map<std::string, std::string> groups;  // "retry." and what is in it
  for (const Known& known : known_settings()) {
    const std::string path(known.path);
    const std::size_t name = path.rfind('.') + 1;
    if (known.path == "smart_hosts") continue;  // that is instead of smart_host
    if (known.group)
      groups[path + "."];
    else
      groups[path.substr(0, name)] += path.substr(name) + " = " + std::string(known.example) + ";\n";
  }
  EXPECT_EQ(load_text(written("", groups), "").mistakes, std::vector<std::string>{});
}

}  // namespace
}  // namespace mailchute::config
