// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/smtp_sockets.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/listener.h"
#include "sys/clock.h"

namespace mailchute::mailchuted {
namespace {

constexpr int kLookAgain = 10;  // milliseconds, for an address that is about to come free

struct Address {
  net::SocketAddress at;
  bool may_be_missing;  // this machine may have no IPv6, or nothing else
  bool loopback;
  std::string setting;  // as it is written there
};

std::vector<Address> addresses_of(const config::Endpoint& endpoint) {
  const auto one = [&](const char* host, bool may_be_missing) {
    return Address{*net::SocketAddress::parse(host, endpoint.port), may_be_missing,
                   endpoint.loopback(), endpoint.text()};
  };
  if (endpoint.host == "localhost") return {one("127.0.0.1", true), one("::1", true)};
  if (endpoint.host == "*") return {one("0.0.0.0", true), one("::", true)};
  return {one(endpoint.host.c_str(), false)};
}

std::vector<Address> addresses_of(const config::Settings& settings) {
  std::vector<Address> all;
  if (!settings.listener) return all;
  for (const config::Endpoint& endpoint : settings.listener->listen) {
    for (Address& address : addresses_of(endpoint)) all.push_back(std::move(address));
  }
  return all;
}

std::string words_for(int error) {
  std::string text = std::strerror(error);
  if (error == EADDRINUSE) text += ": another program listens there (ss -ltnp shows which one)";
  if (error == EACCES) {
    text +=
        ": ports below 1024 are for root, so start mailchuted as root, or have systemd open it "
        "(mailchute-smtp.socket), or choose another port";
  }
  return text;
}

bool is_absent(int error) { return error == EADDRNOTAVAIL || error == EAFNOSUPPORT; }

// As of errno; 0: it listens. One in use is waited for.
int open_at(const Address& address, Instant deadline, sys::UniqueFd& socket) {
  while (true) {
    const int error = net::open_listening_socket(address.at, !address.loopback, socket);
    if (error == 0) return 0;
    socket.reset();
    if (error != EADDRINUSE || sys::boot_now() >= deadline) return error;
    ::poll(nullptr, 0, kLookAgain);
  }
}

int option(int fd, int name) {
  int value = 0;
  socklen_t length = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0 ? value : -1;
}

// Empty when it is no TCP socket that listens.
std::string address_of_listening(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  const bool listens = option(fd, SO_ACCEPTCONN) == 1 && option(fd, SO_TYPE) == SOCK_STREAM;
  if (!listens || ::getsockname(fd, address, &length) != 0) return {};
  return net::SocketAddress::of(address, length).text();
}

}  // namespace

std::set<std::string> smtp_addresses(const config::Settings& settings) {
  std::set<std::string> addresses;
  for (const Address& address : addresses_of(settings)) addresses.insert(address.at.text());
  return addresses;
}

SmtpSockets::SmtpSockets(std::vector<sys::UniqueFd> handed_over) {
  for (sys::UniqueFd& socket : handed_over) {
    const std::string address = address_of_listening(socket.get());
    if (address.empty()) continue;
    ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
    const auto endpoint = config::parse_endpoint(address);
    const bool loopback = endpoint && endpoint->loopback();
    opened_.insert_or_assign(address, Opened{std::move(socket), "", true, loopback});
  }
}

std::vector<std::string> SmtpSockets::open(const config::Settings& settings,
                                           Milliseconds patience) {
  const Instant deadline = sys::boot_now() + patience;
  std::vector<std::string> troubles;
  for (const Address& address : addresses_of(settings)) {
    const auto [place, is_new] = opened_.try_emplace(address.at.text());
    Opened& opened = place->second;
    if (opened.socket) continue;
    const int error = open_at(address, deadline, opened.socket);
    if (error != 0 && address.may_be_missing && is_absent(error)) {
      opened_.erase(place);
      continue;
    }
    opened.trouble = error == 0 ? "" : words_for(error);
    if (error == 0 || !is_new) continue;
    troubles.push_back("listener.listen = \"" + address.setting + "\": cannot listen on " +
                       place->first + ": " + opened.trouble);
  }
  return troubles;
}

void SmtpSockets::close_all_but(const std::set<std::string>& addresses) {
  std::erase_if(opened_, [&](const auto& entry) {
    return !entry.second.handed_over && addresses.count(entry.first) == 0;
  });
}

bool SmtpSockets::reached_from_outside() const {
  return std::any_of(opened_.begin(), opened_.end(),
                     [](const auto& entry) { return !entry.second.loopback; });
}

std::vector<SmtpSocket> SmtpSockets::for_worker(const config::Settings& settings) const {
  const auto wanted = smtp_addresses(settings);
  std::vector<SmtpSocket> sockets;
  for (const auto& [address, opened] : opened_) {
    if (!opened.handed_over && wanted.count(address) == 0) continue;
    sys::UniqueFd own;
    if (opened.socket) own.reset(::fcntl(opened.socket.get(), F_DUPFD_CLOEXEC, 0));
    sockets.push_back({address, std::move(own), opened.trouble});
  }
  return sockets;
}

}  // namespace mailchute::mailchuted
