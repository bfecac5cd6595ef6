// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/connect.h"

#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "net/resolver.h"
#include "sys/unique_fd.h"

namespace mailchute::net {
namespace {

int pending_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

// Says nothing about the host, only that this machine does not speak its kind of address.
bool no_such_network(int error) {
  return error == ENETUNREACH || error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
}

}  // namespace

struct Connector::Impl : std::enable_shared_from_this<Connector::Impl> {
  Impl(EventLoop& event_loop, std::string dns_servers)
      : loop(event_loop), resolver(loop, std::move(dns_servers)), deadline(loop) {}

  void try_next();
  void settle();
  void fail(int error, std::string why);
  void succeed();
  Error final_error() const;
  void finish(Result<std::unique_ptr<Connection>> result);
  void forget();

  EventLoop& loop;
  Resolver resolver;
  std::string host;
  Milliseconds each{};
  Done done;
  Resolver::Addresses addresses;
  std::size_t tried = 0;
  std::string problem;  // of the last address worth telling about
  sys::UniqueFd socket;
  std::optional<WritableWatch> watch;  // of socket
  Timer deadline;
};

void Connector::Impl::try_next() {
  if (tried == addresses.size()) return finish(failure(final_error()));
  const SocketAddress& address = addresses[tried++];
  socket.reset(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return fail(errno, std::generic_category().message(errno));
  const bool connected = ::connect(socket.get(), address.get(), address.length) == 0;
  if (!connected && errno != EINPROGRESS) {
    return fail(errno, std::generic_category().message(errno));
  }
  deadline.start(each, [this] {
    const auto seconds = static_cast<std::uint64_t>((each.count() + 999) / 1000);
    fail(ETIMEDOUT, "no answer within " + format_seconds(seconds));
  });
  watch.emplace(loop, socket.get(), [this] { settle(); });
}

void Connector::Impl::settle() {
  const int error = pending_error(socket.get());
  if (error != 0) return fail(error, std::generic_category().message(error));
  deadline.cancel();
  watch.reset();
  finish(Connection::adopt(loop, std::move(socket)));
}

// Goes on from the loop: refusals that come at once must not nest.
void Connector::Impl::fail(int error, std::string why) {
  const SocketAddress& address = addresses[tried - 1];
  if (problem.empty() || !no_such_network(error)) {
    const bool literal = SocketAddress::parse(host, 0).has_value();
    const std::string where =
        literal ? address.text()
                : host + "[" + address.host() + "]:" + std::to_string(address.port());
    problem = "connect to " + where + ": " + std::move(why);
  }
  watch.reset();
  socket.reset();
  deadline.start(Milliseconds(0), [this] { try_next(); });
}

Error Connector::Impl::final_error() const {
  if (tried == 1) return {Error::Kind::temporary, problem};
  return {Error::Kind::temporary, problem + " (" + std::to_string(tried) + " addresses tried)"};
}

void Connector::Impl::finish(Result<std::unique_ptr<Connection>> result) {
  const auto self = shared_from_this();  // the caller may destroy the connector
  const Done call = std::move(done);
  forget();
  call(std::move(result));
}

void Connector::Impl::forget() {
  done = nullptr;
  deadline.cancel();
  watch.reset();
  socket.reset();
  addresses.clear();
  tried = 0;
  problem.clear();
}

Connector::Connector(EventLoop& loop, std::string dns_servers)
    : impl_(std::make_shared<Impl>(loop, std::move(dns_servers))) {}

Connector::~Connector() = default;

void Connector::connect(const std::string& host, std::uint16_t port, Milliseconds resolve,
                        Milliseconds each, Done done) {
  impl_->forget();
  impl_->host = host.substr(0, host.size() - (host.ends_with('.') ? 1 : 0));
  impl_->each = each;
  impl_->done = std::move(done);
  impl_->resolver.resolve(host, port, resolve,
                          [impl = impl_.get()](Result<Resolver::Addresses> found) {
                            if (!found) return impl->finish(failure(found.error()));
                            impl->addresses = std::move(*found);
                            impl->try_next();
                          });
}

}  // namespace mailchute::net
