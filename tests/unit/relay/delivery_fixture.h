// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of a delivery share: a queue in a temporary folder, a smart host on the loopback in
// the same event loop.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/listener.h"
#include "relay/delivery.h"
#include "unit/net/run_until.h"
#include "unit/queue/fixture.h"

namespace mailchute::relay {

// Takes commands a line at a time; `replies` says what is answered to a verb instead of "250 ok".
class SmartHost {
 public:
  explicit SmartHost(net::EventLoop& loop)
      : listener_(std::move(*net::Listener::tcp(loop, "127.0.0.1", 0, [this](auto connection) {
          clients_.push_back(std::make_unique<Client>(*this, std::move(connection)));
        }))) {}

  std::uint16_t port() const { return listener_.port(); }
  std::size_t connections() const { return clients_.size(); }

  std::map<std::string, std::vector<std::string>> replies;  // the last one from then on
  // Before `replies`: to a line, or to "." and the recipient. "" hangs up, "-" says nothing.
  std::function<std::optional<std::string>(const std::string& line)> answer;
  bool together = false;  // this line and another one
  std::size_t open_now() const { return open_; }
  std::size_t most_at_once = 0;  // messages under way
  std::vector<std::string> messages;
  std::function<void()> message_came;

 private:
  class Client : public net::ConnectionUser {
   public:
    Client(SmartHost& host, std::unique_ptr<net::Connection> connection)
        : host_(host), connection_(std::move(connection)) {
      connection_->set_user(this);
      say("connect", "220 hi");
      ++host_.open_;
    }
    void on_octets(std::string_view octets) override {
      input_ += octets;
      for (std::size_t end; connection_ && (end = input_.find("\r\n")) != std::string::npos;) {
        const std::string line = input_.substr(0, end);
        input_.erase(0, end + 2);
        host_.together = !input_.empty();
        take(line);
      }
    }
    void on_sent() override {}
    void on_tls(const net::TlsFacts&) override {}
    void on_closed(const Error&) override { --host_.open_; }

   private:
    void take(const std::string& line) {
      if (in_message_ && line != ".") {
        text_ += line + "\n";
        return;
      }
      if (in_message_) {
        in_message_ = false;
        host_.messages.push_back(std::exchange(text_, {}));
        --host_.at_once_;
        say("dot", "250 queued", ". " + recipient_);
        if (host_.message_came) host_.message_came();
        return;
      }
      const std::string verb = line.substr(0, line.find(' '));
      in_message_ = verb == "DATA";
      if (verb == "RCPT") recipient_ = line;
      if (in_message_) host_.most_at_once = std::max(host_.most_at_once, ++host_.at_once_);
      say(verb, in_message_ ? "354 go on" : "250 ok", line);
    }
    void say(const std::string& verb, std::string reply, const std::string& line = {}) {
      auto& script = host_.replies[verb];
      if (!script.empty()) reply = script.front();
      if (script.size() > 1) script.erase(script.begin());
      if (host_.answer) reply = host_.answer(line).value_or(reply);
      if (reply == "-") return;
      if (reply.empty()) {
        --host_.open_;
        return connection_.reset();
      }
      connection_->send(reply + "\r\n");
    }
    SmartHost& host_;
    std::unique_ptr<net::Connection> connection_;
    std::string input_;
    std::string text_;
    std::string recipient_;
    bool in_message_ = false;
  };

  std::list<std::unique_ptr<Client>> clients_;
  std::size_t open_ = 0;
  std::size_t at_once_ = 0;
  net::Listener listener_;
};

class DeliveryTest : public ::testing::Test {
 protected:
  DeliveryTest() {
    settings.hostname = "here.example";
    settings.queue_directory = it.folder.path();
    settings.retry = {Seconds(3600), Seconds(3600), Seconds(5 * 86400), std::nullopt};
    settings.smart_hosts.emplace_back();
    settings.smart_hosts.front().host = "127.0.0.1";
    settings.smart_hosts.front().port = smart_host.port();
    settings.smart_hosts.front().tls = config::Tls::none;
  }

  Delivery& start() {
    delivery.emplace(loop, it.queue, settings, router, access, it.log, board);
    EXPECT_TRUE(delivery->load_queue());
    delivery->look_for_new_mail();
    return *delivery;
  }

  void run_until(const std::function<bool()>& done) { net::run_until(loop, done, it.log.lines); }
  bool logged(std::string_view text, std::size_t times = 1) const { return it.log.count(text) >= times; }
  void set_aliases(const std::string& text) {
    const auto read = [&](const std::string&, std::size_t) { return Result<std::string>(text); };
    router = mail::Router("here.example", "example.org", {}, mail::Aliases("/etc/aliases", "here.example", read));
  }
  static bool released(Delivery& from, const std::string& id) {
    const auto outcome = from.administration().act({Act::Verb::release}, id);
    return from.administration().commit() && outcome.what == Administration::Outcome::What::done;
  }
  std::string submit(const std::vector<std::string>& recipients) {
    return it.submit(queue::envelope_to(recipients));
  }

  queue::QueueFixture it;
  net::EventLoop loop;
  SmartHost smart_host{loop};
  config::Settings settings;
  mail::Router router;
  Board board = std::move(*Board::create());
  std::vector<Access> access = std::vector<Access>(1);
  std::optional<Delivery> delivery;
};

}  // namespace mailchute::relay
