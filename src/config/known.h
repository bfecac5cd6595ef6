// SPDX-License-Identifier: GPL-3.0-or-later
// Every setting there is, in one table: its name, an example and how its value gets into Settings.
// mailchute.conf(5) describes the same names.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/settings.h"
#include "config/value.h"

namespace mailchute::config {

struct Known {
  enum class For { daemon, submission };  // submission: the front end needs it as well
  std::string_view path;                  // "retry.first" is "first" in the group "retry"
  std::string_view example;
  void (*read)(const Value&, Settings&);
  For use = For::daemon;
  bool group = false;       // a group stands before what is in it
  std::string_view item{};  // it is a list of groups, each read as this one is
};

std::span<const Known> known_settings();

// Nullptr when there is none.
const Known* find_known(std::string_view path);

// What is wrong with the unknown setting `path` and what to write instead.
std::string unknown_complaint(std::string_view path);

}  // namespace mailchute::config
