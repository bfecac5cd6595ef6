// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/sink.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
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

constexpr Milliseconds kGrace{2000};

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

struct Hideable {
  std::string_view keyword;
  bool smtp::Extensions::*offered;
};
constexpr std::array<Hideable, 8> kHideable{{
    {"PIPELINING", &smtp::Extensions::pipelining},
    {"SIZE", &smtp::Extensions::size},
    {"8BITMIME", &smtp::Extensions::eight_bit_mime},
    {"SMTPUTF8", &smtp::Extensions::smtp_utf8},
    {"DSN", &smtp::Extensions::dsn},
    {"CHUNKING", &smtp::Extensions::chunking},
    {"ENHANCEDSTATUSCODES", &smtp::Extensions::enhanced_status_codes},
    {"STARTTLS", &smtp::Extensions::starttls},
}};

Result<> hide(const std::vector<std::string>& keywords, smtp::Extensions& offered) {
  for (const std::string& keyword : keywords) {
    const auto found = std::ranges::find_if(kHideable, [&](const Hideable& hideable) {
      return equal_ignoring_case(hideable.keyword, keyword);
    });
    if (found == kHideable.end())
      return usage("--without " + keyword + ": no extension that can be left out");
    offered.*found->offered = false;
  }
  return {};
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
  if (auto hidden = hide(options.without, settings.server.offered); !hidden)
    return failure(hidden.error());
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

Result<SinkScript> make_script(const SinkOptions& options) {
  SinkScript script;
  const auto named = [](std::string_view option, Error error) {
    error.text.insert(0, std::string(option) + " ");
    return failure(std::move(error));
  };
  for (const std::string& rule : options.replies)
    if (auto added = script.add_reply(rule); !added)
      return named("--reply", std::move(added.error()));
  for (const std::string& rule : options.delays)
    if (auto added = script.add_delay(rule); !added)
      return named("--delay", std::move(added.error()));
  return script;
}

// As many clients as there are descriptors for them and their files, and no more than it is good
// at.
std::size_t places() {
  constexpr rlim_t kOwn = 32;
  constexpr std::size_t kMost = 5000;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kMost;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return std::clamp<std::size_t>((limit.rlim_max - std::min(limit.rlim_max, kOwn)) / 2, 1, kMost);
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
  Sink(relay::ReceptionSettings settings, Maildir maildir, SinkScript script, std::uint64_t count)
      : settings_(std::move(settings)),
        maildir_(std::move(maildir)),
        script_(std::move(script)),
        left_(count) {}

  Result<> serve(const SinkOptions& options) {
    const auto endpoint = parse_endpoint(options.listen);
    if (!endpoint) return failure(endpoint.error());
    const auto signals = catch_signals();
    auto listener = net::Listener::tcp(loop_, endpoint->host, endpoint->port,
                                       [this](auto connection) { accept(std::move(connection)); });
    if (!listener) return failure(listener.error());
    listener_ = std::move(*listener);
    net::ReadableWatch watch(loop_, signals.get(), [this, &signals] { on_signal(signals.get()); });
    if (auto said = announce(*endpoint, listener_->port(), options.port_file); !said) return said;
    loop_.run();
    return {};
  }

 private:
  void accept(std::unique_ptr<net::Connection> connection) {
    if (clients_.size() >= places_) {
      log_(Event("full", Severity::warning)
               .with("clients", clients_.size())
               .with("client", connection->peer()));
      return;
    }
    auto client = std::make_unique<SinkConnection>(
        shared_, std::move(connection), [this](SinkConnection* closed) { forget(closed); });
    clients_.emplace(client.get(), std::move(client));
  }

  void forget(SinkConnection* client) {
    clients_.erase(client);
    if (stopping_ && clients_.empty()) loop_.stop();
  }

  void on_signal(int signals) {
    signalfd_siginfo info;
    (void)!::read(signals, &info, sizeof info);
    if (told_) return loop_.stop();
    told_ = true;
    for (const auto& [client, owned] : clients_) client->finish();
    stop();
  }

  // Who is there may still say QUIT.
  void count_message() {
    if (left_ > 0 && --left_ == 0) loop_.post([this] { stop(); });
  }

  void stop() {
    stopping_ = true;
    listener_.reset();
    if (clients_.empty()) return loop_.stop();
    grace_.start(kGrace, [this] { loop_.stop(); });
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
  SinkScript script_;
  std::uint64_t left_;  // messages to come; 0: no matter how many
  std::size_t places_ = places();
  sys::StandardErrorSink log_{"mailchute sink", sys::StandardErrorSink::Form::plain};
  net::EventLoop loop_;
  net::Timer grace_{loop_};
  bool told_ = false;      // to stop
  bool stopping_ = false;  // nobody new comes in
  std::optional<net::Listener> listener_;
  SinkShared shared_{settings_, maildir_, script_, log_, loop_, [this] { count_message(); }};
  std::unordered_map<SinkConnection*, std::unique_ptr<SinkConnection>> clients_;
};

Result<> serve(const SinkOptions& options) {
  auto settings = make_settings(options);
  if (!settings) return failure(settings.error());
  auto script = make_script(options);
  if (!script) return failure(script.error());
  settings->server.consulted = script->steps();
  settings->patience += script->longest_delay();
  auto maildir = Maildir::open(options.maildir, settings->server.hostname);
  if (!maildir) return failure(maildir.error());
  return Sink(std::move(*settings), std::move(*maildir), std::move(*script), options.count)
      .serve(options);
}

}  // namespace

int run_sink(const SinkOptions& options) {
  const auto served = serve(options);
  if (served) return EX_OK;
  std::fprintf(stderr, "mailchute sink: %s\n", escaped(served.error().text).c_str());
  switch (served.error().kind) {
    case Error::Kind::usage:
    case Error::Kind::data:
    case Error::Kind::config: return EX_USAGE;
    case Error::Kind::create: return EX_CANTCREAT;
    default: return EX_OSERR;
  }
}

}  // namespace mailchute
