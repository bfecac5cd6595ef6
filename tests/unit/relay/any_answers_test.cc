// SPDX-License-Identifier: GPL-3.0-or-later
// Smart hosts that answer anything to anything for a while, and then behave: in the end each recipient has
// the message once, or has failed; nothing is left, and nobody waits for ever.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <list>
#include <map>
#include <random>

#include "net/listener.h"
#include "relay/delivery.h"
#include "unit/queue/fixture.h"

namespace mailchute::relay {
namespace {

constexpr const char* kAnything[] = {"", "250 ok", "421 4.3.2 bye", "421 bye", "450 4.2.0 grey", "451 4.7.1 later",
                                     "451 4.3.0 db", "452 4.5.3 enough", "452 full", "454 4.7.0 later", "354 go on",
                                     "500 what", "503 order", "530 5.7.0 login", "550 5.1.1 who", "550 5.7.1 denied",
                                     "550 5.7.0 policy", "552 5.2.2 full", "552 too many", "554 no", "garbage"};

class SmartHost {
 public:
  SmartHost(net::EventLoop& loop, std::mt19937& random, bool pipelining)
      : random_(random), pipelining_(pipelining),
        listener_(std::move(*net::Listener::tcp(loop, "127.0.0.1", 0, [this](auto connection) {
          clients_.push_back(std::make_unique<Client>(*this, std::move(connection)));
        }))) {}

  std::uint16_t port() const { return listener_.port(); }
  std::map<std::string, unsigned> taken;  // RCPT line -> messages
  unsigned tricks = 40;                   // left; one answer in four is one

 private:
  struct Client : net::ConnectionUser {
    Client(SmartHost& to, std::unique_ptr<net::Connection> with) : host(to), connection(std::move(with)) {
      connection->set_user(this);
      say("220 hi");
    }
    void on_octets(std::string_view octets) override {
      input += octets;
      for (std::size_t end; connection && (end = input.find("\r\n")) != std::string::npos;) {
        const std::string line = input.substr(0, end);
        input.erase(0, end + 2);
        take(line);
      }
    }
    void take(const std::string& line) {
      if (in_message && line != ".") return;
      const std::string verb = in_message ? "." : line.substr(0, 4);
      if (verb == "EHLO" && host.pipelining_) return void(say("250-here\r\n250-ENHANCEDSTATUSCODES\r\n250 PIPELINING"));
      if (verb == "RSET") recipients.clear();
      const std::string said = say(verb == "DATA" && !recipients.empty() ? "354 go on" : verb == "DATA" ? "503 whom" : "250 ok");
      in_message = verb == "DATA" && said.starts_with('3');
      if (verb == "RCPT" && said.starts_with('2')) recipients.push_back(line);
      if (verb == "." && said.starts_with('2'))
        for (const std::string& recipient : recipients) ++host.taken[recipient];
    }
    std::string say(std::string reply) {
      if (host.tricks > 0 && host.random_() % 4 == 0) {
        --host.tricks;
        reply = kAnything[host.random_() % std::size(kAnything)];
      }
      if (!reply.empty()) connection->send(reply + "\r\n");
      else connection.reset();
      return reply;
    }
    void on_sent() override {}
    void on_tls(const net::TlsFacts&) override {}
    void on_closed(const Error&) override {}

    SmartHost& host;
    std::unique_ptr<net::Connection> connection;
    std::string input;
    std::vector<std::string> recipients;
    bool in_message = false;
  };

  std::mt19937& random_;
  bool pipelining_;
  std::list<std::unique_ptr<Client>> clients_;
  net::Listener listener_;
};

struct Site {
  explicit Site(unsigned seed) : random(seed) {
    settings.hostname = "here.example";
    settings.queue_directory = it.folder.path();
    settings.retry = {Seconds(0), Seconds(0), Seconds(1'000'000'000), std::nullopt};
    for (int i = 0; i < 3; ++i) add_smart_host("h" + std::to_string(i), i == 0 ? 10 : 20);
    settings.routes.push_back({{}, {"*@b.example"}, {"h1", "h2"}});
    settings.routes.push_back({{}, {}, {"h0", "h2"}});
  }

  unsigned pick(unsigned below) { return static_cast<unsigned>(random() % below); }
  void add_smart_host(const std::string& name, unsigned priority) {
    smart_hosts.emplace_back(loop, random, pick(2) == 0);
    config::SmartHost host;
    host.name = name;
    host.host = "127.0.0.1";
    host.port = smart_hosts.back().port();
    host.tls = config::Tls::none;
    host.priority = priority;
    host.connections = 1 + pick(3);
    host.recipients_per_message = pick(4);
    host.messages_per_connection = 1 + pick(5);
    settings.smart_hosts.push_back(host);
  }

  void submit(int message) {
    std::vector<std::string> to;
    for (unsigned i = 0, count = 1 + pick(6); i < count; ++i) {
      to.push_back(std::to_string(message) + "-" + std::to_string(i) + (pick(2) ? "@a.example" : "@b.example"));
      all.push_back(to.back());
    }
    it.submit(queue::envelope_to(to));
  }

  // An administrator who ends pauses after a refused login, and releases what is held.
  void help() {
    for (const auto& entry : std::filesystem::directory_iterator(it.folder / "held")) {
      (void)delivery->administration().act({Act::Verb::release}, entry.path().filename());
    }
    (void)delivery->administration().commit();
    const auto hosts = delivery->status().smart_hosts;
    if (std::any_of(hosts.begin(), hosts.end(), [](const auto& host) { return host.paused_for; })) delivery->retry_all();
  }

  bool done() {
    help();
    return queue::count_names(it.folder / "cur") + queue::count_names(it.folder / "new") + queue::count_names(it.folder / "held") == 0;
  }

  bool run() {
    delivery.emplace(loop, it.queue, settings, router, access, it.log, board);
    if (!delivery->load_queue()) return false;
    delivery->look_for_new_mail();
    net::Timer limit(loop), look(loop);
    bool over = false;
    limit.start(Seconds(20), [this] { loop.stop(); });
    std::function<void()> again = [&] {
      if ((over = done())) return loop.stop();
      look.start(Milliseconds(2), again);
    };
    again();
    loop.run();
    return over;
  }

  unsigned taken(const std::string& address) const {
    unsigned times = 0;
    for (const SmartHost& host : smart_hosts) {
      const auto found = host.taken.find("RCPT TO:<" + address + ">");
      if (found != host.taken.end()) times += found->second;
    }
    return times;
  }
  bool failed(const std::string& address) const {
    return std::any_of(it.log.lines.begin(), it.log.lines.end(), [&](const std::string& line) {
      return line.find("failed id=") != line.npos && line.find("to=<" + address + ">") != line.npos;
    });
  }

  std::mt19937 random;
  queue::QueueFixture it;
  net::EventLoop loop;
  std::list<SmartHost> smart_hosts;
  config::Settings settings;
  mail::Router router;
  Board board = std::move(*Board::create());
  std::vector<Access> access = std::vector<Access>(3);
  std::optional<Delivery> delivery;
  std::vector<std::string> all;
};

void play(unsigned seed) {
  Site site(seed);
  for (int message = 0; message < 8; ++message) site.submit(message);
  const bool over = site.run();
  std::string log;
  for (const std::string& line : site.it.log.lines) log += line + "\n";
  ASSERT_TRUE(over) << "seed " << seed << " hangs:\n" << log;
  for (const std::string& address : site.all) {
    EXPECT_EQ(site.taken(address) + site.failed(address), 1u)
        << "seed " << seed << ": " << address << " taken " << site.taken(address) << "\n" << log;
  }
}

TEST(AnyAnswers, LoseNoMessageAndDuplicateNone) {
  for (unsigned seed = 1; seed <= 10 && !::testing::Test::HasFailure(); ++seed) play(seed);
}

}  // namespace
}  // namespace mailchute::relay
