// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/dns_records.h"

#include <ares.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace mailchute::net {
namespace {

bool is_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

void add_server(Resolver::Servers& servers, const char* name, Resolver::Server server) {
  server.name = name == nullptr ? "" : name;
  if (server.name == ".") server.name.clear();
  if (servers.size() < kMostServers && is_name(server.name)) servers.push_back(std::move(server));
}

}  // namespace

int read_servers(std::span<const unsigned char> octets, Resolver::Records records,
                 Resolver::Servers& servers) {
  const int length = static_cast<int>(octets.size());
  if (records == Resolver::Records::srv) {
    ares_srv_reply* first = nullptr;
    const int status = ares_parse_srv_reply(octets.data(), length, &first);
    for (const auto* one = first; one != nullptr; one = one->next) {
      add_server(servers, one->host, {{}, one->port, one->priority, one->weight});
    }
    ares_free_data(first);
    return status;
  }
  ares_mx_reply* first = nullptr;
  const int status = ares_parse_mx_reply(octets.data(), length, &first);
  for (const auto* one = first; one != nullptr; one = one->next) {
    add_server(servers, one->host, {{}, 0, one->priority, 0});
  }
  ares_free_data(first);
  return status;
}

}  // namespace mailchute::net
