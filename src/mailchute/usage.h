// SPDX-License-Identifier: GPL-3.0-or-later
// What is wrong with a command line, in one line that names the word and where to read on.
#pragma once

#include <string>

namespace CLI {
class App;
class Error;
}  // namespace CLI

namespace mailchute {

// Of an app that has refused a command line.
std::string usage_complaint(const CLI::App* app, const CLI::Error& error);

}  // namespace mailchute
