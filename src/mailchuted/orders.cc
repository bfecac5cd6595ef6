// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/orders.h"

#include <utility>
#include <vector>

#include "config/load.h"

namespace mailchute::mailchuted {
namespace {

// A line each.
std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(text.empty() ? "" : "\n").append(line);
  return text;
}

Result<Orders> complete(config::Loaded loaded) {
  Orders orders{std::move(loaded.settings), {}, {}};
  if (orders.settings.smart_host && !orders.settings.smart_host->password_file.empty()) {
    auto password = secret::read_password_file(orders.settings.smart_host->password_file,
                                               orders.settings.group, orders.settings.user);
    if (password) orders.password = std::move(*password);
    else loaded.mistakes.push_back(password.error().text);
  }
  if (!loaded.mistakes.empty()) return failure(Error::Kind::config, joined(loaded.mistakes));
  return orders;
}

}  // namespace

Result<Orders> read_orders(const std::string& file) { return complete(config::load(file)); }

Result<Orders> read_orders_again(const config::Settings& present) {
  config::Loaded loaded = config::load(present.file);
  const auto must_stay = [&](const char* name, const std::string& before, const std::string& now) {
    if (now == before) return;
    loaded.mistakes.push_back(std::string(name) + " cannot change from " + before + " to " + now +
                              " while mailchuted runs: restart it");
  };
  must_stay("user", present.user, loaded.settings.user);
  must_stay("group", present.group, loaded.settings.group);
  return complete(std::move(loaded));
}

}  // namespace mailchute::mailchuted
