// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/orders.h"

#include <utility>
#include <vector>

#include "config/load.h"
#include "mailchuted/smtp_server.h"

namespace mailchute::mailchuted {
namespace {

// A line each.
std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(text.empty() ? "" : "\n").append(line);
  return text;
}

void read_password(const std::string& file, config::Loaded& loaded, secret::Secret& password) {
  if (file.empty()) return;
  auto read = secret::read_password_file(file, loaded.settings.group, loaded.settings.user);
  if (read) password = std::move(*read);
  else loaded.mistakes.push_back(read.error().text);
}

Result<net::TlsContext> server_tls(const config::Listener& listener,
                                   const config::Settings& settings) {
  auto closed = secret::check_private_key_file(listener.key_file, settings.group, settings.user);
  if (!closed) return failure(closed.error());
  return net::TlsContext::server(listener.certificate_file, listener.key_file);
}

void prepare_listener(config::Loaded& loaded, relay::ReceptionSettings& reception) {
  reception.server = smtp_options(loaded.settings);
  if (!loaded.settings.listener) return;
  const config::Listener& listener = *loaded.settings.listener;
  reception.user = listener.user;
  read_password(listener.password_file, loaded, reception.password);
  if (listener.certificate_file.empty() || listener.key_file.empty()) return;
  auto tls = server_tls(listener, loaded.settings);
  if (tls) reception.tls.emplace(std::move(*tls));
  else loaded.mistakes.push_back(tls.error().text);
}

Result<Orders> complete(config::Loaded loaded) {
  Orders orders;
  orders.passwords.resize(loaded.settings.smart_hosts.size());
  for (std::size_t i = 0; i < orders.passwords.size(); ++i) {
    read_password(loaded.settings.smart_hosts[i].password_file, loaded, orders.passwords[i]);
  }
  prepare_listener(loaded, orders.reception);
  if (!loaded.mistakes.empty()) return failure(Error::Kind::config, joined(loaded.mistakes));
  orders.settings = std::move(loaded.settings);
  orders.routing = config::read_routing(orders.settings);
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
