// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/sink.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <limits>
#include <unordered_map>

#include "base/text.h"
#include "mailchute/sink_connection.h"
#include "net/listener.h"
#include "sys/file.h"
#include "sys/log_sink.h"

namespace mailchute {
namespace {

tl::unexpected<Error> usage(std::string text) {
  return failure(Error::Kind::usage, std::move(text));
}

struct Endpoint {
  std::string host;  // with brackets where given
  std::uint16_t port = 0;
};

Result<Endpoint> parse_endpoint(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const auto port = parse_number(colon == std::string::npos ? "" : text.substr(colon + 1));
  if (!port || *port > std::numeric_limits<std::uint16_t>::max() || colon == 0)
    return usage("--listen " + text + ": write ADDRESS:PORT, such as 127.0.0.1:2525");
  return Endpoint{text.substr(0, colon), static_cast<std::uint16_t>(*port)};
}

Result<> check(const SinkOptions& options) {
  if (options.maildir.empty()) return usage("--maildir is missing: where should the messages go?");
  if (options.certificate_file.empty() != options.key_file.empty())
    return usage("--cert and --key go together");
  if (options.implicit_tls && options.certificate_file.empty())
    return usage("--implicit-tls needs --cert and --key");
  if (options.user.empty() != options.password_file.empty())
    return usage("--user and --password-file go together");
  if (auto endpoint = parse_endpoint(options.listen); !endpoint) return failure(endpoint.error());
  return {};
}

std::string own_hostname() {
  std::array<char, 256> name{};
  const bool known = ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0';
  return known ? name.data() : "localhost";
}

smtp::Extensions offer(const SinkOptions& options) {
  smtp::Extensions offered;
  offered.pipelining = offered.eight_bit_mime = offered.enhanced_status_codes = true;
  offered.chunking = offered.smtp_utf8 = offered.dsn = offered.size = true;
  offered.starttls = !options.certificate_file.empty() && !options.implicit_tls;
  if (!options.user.empty()) offered.auth = {"PLAIN", "LOGIN"};
  return offered;
}

Result<relay::ReceptionSettings> make_settings(const SinkOptions& options) {
  if (auto fine = check(options); !fine) return failure(fine.error());
  relay::ReceptionSettings settings;
  settings.server.hostname = own_hostname();
  settings.server.offered = offer(options);
  settings.server.auth_required = !options.user.empty();
  settings.server.auth_without_tls = options.certificate_file.empty();
  settings.implicit_tls = options.implicit_tls;
  settings.user = options.user;
  if (!options.certificate_file.empty()) {
    auto context = net::TlsContext::server(options.certificate_file, options.key_file);
    if (!context) return usage(context.error().text);
    settings.tls.emplace(std::move(*context));
  }
  if (!options.password_file.empty()) {
    auto password = secret::read_password_file(options.password_file, "");
    if (!password) return usage(password.error().text);
    settings.password = std::move(*password);
  }
  return settings;
}

// Readable once SIGTERM or SIGINT has come.
sys::UniqueFd catch_signals() {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  return sys::UniqueFd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

class Sink {
 public:
  Sink(relay::ReceptionSettings settings, Maildir maildir)
      : settings_(std::move(settings)), maildir_(std::move(maildir)) {}

  Result<> serve(const SinkOptions& options) {
    const auto endpoint = parse_endpoint(options.listen);
    if (!endpoint) return failure(endpoint.error());
    const auto signals = catch_signals();
    auto listener = net::Listener::tcp(loop_, endpoint->host, endpoint->port,
                                       [this](auto connection) { accept(std::move(connection)); });
    if (!listener) return failure(listener.error());
    net::ReadableWatch watch(loop_, signals.get(), [this] { loop_.stop(); });
    if (auto said = announce(*endpoint, listener->port(), options.port_file); !said) return said;
    loop_.run();
    return {};
  }

 private:
  void accept(std::unique_ptr<net::Connection> connection) {
    auto client = std::make_unique<SinkConnection>(
        settings_, maildir_, log_, loop_, std::move(connection),
        [this](SinkConnection* closed) { clients_.erase(closed); });
    clients_.emplace(client.get(), std::move(client));
  }

  static Result<> announce(const Endpoint& endpoint, std::uint16_t port,
                           const std::string& port_file) {
    const std::string number = std::to_string(port);
    if (!port_file.empty()) {
      auto written = sys::replace_file(AT_FDCWD, port_file, number + "\n", 0644, false);
      if (!written) return written;
    }
    std::printf("listening on %s:%s\n", endpoint.host.c_str(), number.c_str());
    std::fflush(stdout);
    return {};
  }

  relay::ReceptionSettings settings_;
  Maildir maildir_;
  sys::StandardErrorSink log_{"mailchute sink", sys::StandardErrorSink::Form::plain};
  net::EventLoop loop_;
  std::unordered_map<SinkConnection*, std::unique_ptr<SinkConnection>> clients_;
};

Result<> serve(const SinkOptions& options) {
  auto settings = make_settings(options);
  if (!settings) return failure(settings.error());
  auto maildir = Maildir::open(options.maildir, settings->server.hostname);
  if (!maildir) return failure(maildir.error());
  return Sink(std::move(*settings), std::move(*maildir)).serve(options);
}

}  // namespace

int run_sink(const SinkOptions& options) {
  const auto served = serve(options);
  if (served) return EX_OK;
  std::fprintf(stderr, "mailchute sink: %s\n", escaped(served.error().text).c_str());
  switch (served.error().kind) {
    case Error::Kind::usage:
    case Error::Kind::data:
    case Error::Kind::config:
      return EX_USAGE;
    case Error::Kind::create:
      return EX_CANTCREAT;
    default:
      return EX_OSERR;
  }
}

}  // namespace mailchute
