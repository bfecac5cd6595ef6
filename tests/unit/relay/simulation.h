// SPDX-License-Identifier: GPL-3.0-or-later
// Days of delivery in milliseconds: what is pure in relay/ put together as Delivery does it, with a
// clock that only the test moves, and smart hosts that are functions. A connection has one message
// at a time; opening it, and each message, take their time.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "relay/ages.h"
#include "relay/dispatch.h"
#include "relay/expiry.h"
#include "relay/portion.h"
#include "relay/verdict.h"

namespace mailchute::relay {

using namespace std::chrono_literals;
using smtp::Reply;
using smtp::Stage;
using smtp::TransactionReport;

inline constexpr Seconds kDay{86400};

inline TransactionReport ended(Stage stage, const Reply& reply) {
  TransactionReport report;
  report.stage = stage;
  report.recipients = {stage == Stage::rcpt ? reply : Reply{250, {"ok"}}};
  if (stage != Stage::rcpt) report.reply = reply;
  return report;
}
inline TransactionReport taken() { return ended(Stage::message, Reply{250, {"2.0.0 queued"}}); }
inline TransactionReport grey() { return ended(Stage::rcpt, Reply{450, {"4.2.0 grey"}}); }

class Simulation {
 public:
  struct Message {
    std::string sender;
    std::map<std::string, std::size_t> to_do;  // addresses, and their routes
    queue::RetryInfo info{};
    std::vector<Instant> tried{};
    std::optional<Instant> delay_told{};
  };
  struct Delivered {
    std::string id, address;
    std::size_t host;
    Instant at;
  };

  explicit Simulation(std::vector<Dispatch::Host> hosts = {{}}, Dispatch::Routes routes = {{0}})
      : dispatch(hosts, std::move(routes), limits), connections_(hosts.size()) {}

  // What a smart host says: at the start of a session, and of a message to an address.
  std::function<std::optional<smtp::Close::Trouble>(std::size_t host)> session;
  std::function<TransactionReport(const std::string& id)> smart_host = [](const std::string&) { return taken(); };
  std::function<TransactionReport(std::size_t host, const std::string& id, const std::string& address)> answer =
      [this](std::size_t, const std::string& id, const std::string&) { return smart_host(id); };

  void submit(const std::string& id, Milliseconds age = 0ms, const std::string& sender = "me",
              std::map<std::string, std::size_t> to = {}) {
    if (to.empty()) to["to-" + id] = 0;
    ages.know(id, wall - age, wall, now);
    dispatch.add(id, wall - age, now, Care::none, routes_of(to));
    messages[id] = Message{.sender = sender, .to_do = std::move(to)};
  }

  void run(Instant end) {
    pump();
    while (const auto next = next_event()) {
      ASSERT_LT(idle_turns_, 10u) << "wakes again and again, for nothing";
      if (*next > end) break;
      advance(std::max(*next - now, Milliseconds(0)));
      ++idle_turns_;
      for (; !events_.empty() && events_.begin()->first <= now; idle_turns_ = 0) {
        events_.extract(events_.begin()).mapped()();
        ASSERT_LT(++events_so_far_, 1'000'000u) << "the same again and again";
      }
      pump();
    }
    advance(std::max(end - now, Milliseconds(0)));
  }

  void advance(Milliseconds span) {
    now += span;
    wall += span;
  }

  std::size_t left() const { return dispatch.size(); }
  std::size_t sent_by(std::size_t host) const {
    return static_cast<std::size_t>(
        std::count_if(log.begin(), log.end(), [host](const auto& one) { return one.host == host; }));
  }

  RetryLimits limits{Seconds(60), Seconds(3600)};
  Seconds lifetime = 5 * kDay;
  Seconds delay_notice{4 * 3600};
  std::size_t recipients_at_once = 0;  // 0: no limit

  Instant now{Seconds(1000)};
  Time wall{Seconds(1790000000)};
  Dispatch dispatch;
  Ages ages;
  std::map<std::string, Message> messages;
  std::vector<Delivered> log;                  // each recipient
  std::vector<std::string> delivered, failed;  // messages that are gone, by their last outcome
  unsigned sessions = 0;

 private:
  static constexpr Milliseconds kOpening{10}, kMessage{1}, kIdle{5000};

  struct Connection {
    std::size_t host;
    bool established = false, careful = false, busy = false, probe = false;
    Instant last_used{};
  };
  using Place = std::list<Connection>::iterator;

  std::optional<Instant> next_event() const {
    const auto wake = dispatch.wake(loads(), now);
    if (events_.empty()) return wake;
    return std::min(events_.begin()->first, wake.value_or(Instant::max()));
  }

  void after(Milliseconds span, std::function<void()> what) { events_.emplace(now + span, std::move(what)); }

  // Connections, as in Delivery::pump()

  std::vector<Dispatch::Load> loads() const {
    std::vector<Dispatch::Load> loads;
    for (const auto& connections : connections_) {
      Dispatch::Load load{connections.size(), 0, false};
      for (const Connection& one : connections) {
        load.established += one.established;
        load.careful |= one.careful;
      }
      loads.push_back(load);
    }
    return loads;
  }

  void pump() {
    while (const auto host = dispatch.probe_wanted(loads(), now)) connect(*host);
    for (const bool on_probation : {true, false}) wake(on_probation);
    while (const auto host = dispatch.connection_wanted(loads(), now, chance())) connect(*host);
  }

  void wake(bool on_probation) {
    for (std::size_t host = 0; host < connections_.size(); ++host) {
      if (dispatch.health(host).on_probation() != on_probation) continue;
      for (auto it = connections_[host].begin(); it != connections_[host].end(); ++it) next_message(it);
    }
  }

  void connect(std::size_t host) {
    ++sessions;
    idle_turns_ = 0;
    dispatch.opening(host, now);
    const Place it = connections_[host].insert(connections_[host].end(), Connection{host});
    after(kOpening, [this, it] { opened(it); });
  }

  void opened(Place it) {
    const std::size_t host = it->host;
    if (const auto trouble = session ? session(host) : std::nullopt) {
      const auto others = static_cast<unsigned>(connections_[host].size()) - 1;
      Health& health = dispatch.health(host);
      others > 0 ? health.crowded(others, cause_of(*trouble), now)
                 : health.trouble(cause_of(*trouble), trouble->text, moment());
      connections_[host].erase(it);
      return;
    }
    it->established = true;
    rest(it);
    next_message(it);
  }

  void rest(Place it) {
    it->last_used = now;
    after(kIdle, [this, it, since = now] {
      if (it->established && !it->busy && it->last_used == since) close(it);
    });
  }

  // Its timers may still be running.
  void close(Place it) {
    it->established = false;
    closed_.splice(closed_.end(), connections_[it->host], it);
  }

  // Messages, as in Delivery::next_transaction() and Stock::load()

  struct Sending {
    Dispatch::Taken taken;
    std::vector<std::string> addresses;
    bool more = false, later = false;
  };

  bool may_begin(const Connection& connection) const {
    if (!connection.established || connection.busy) return false;
    const auto& all = connections_[connection.host];
    return !dispatch.health(connection.host).on_probation() ||
           std::none_of(all.begin(), all.end(), [](const Connection& one) { return one.probe; });
  }

  void next_message(Place it) {
    const std::size_t host = it->host;
    while (may_begin(*it)) {
      auto taken = dispatch.take(host, now, loads()[host].careful);
      if (!taken) return;
      idle_turns_ = 0;
      auto sending = portion(std::move(*taken));
      if (!sending) continue;
      dispatch.begun(host, now);
      it->busy = true;
      it->careful = sending->taken.care == Care::needed;
      it->probe = dispatch.health(host).on_probation();
      messages.at(sending->taken.id).tried.push_back(now);
      after(kMessage, [this, it, sent = std::move(*sending)] { answered(it, sent); });
    }
  }

  std::optional<Sending> portion(Dispatch::Taken taken) {
    const Message& message = messages.at(taken.id);
    if (!dispatch.sort(taken.id, routes_of(message.to_do), now)) return std::nullopt;
    const auto& tried = dispatch.tried(taken.id);
    Sending sending{std::move(taken), {}, false, !tried.empty()};
    for (const auto& [address, route] : message.to_do) {
      if (route != sending.taken.route || tried.count(address) != 0) continue;
      sending.more = recipients_at_once != 0 && sending.addresses.size() == recipients_at_once;
      if (sending.more) break;
      sending.addresses.push_back(address);
    }
    if (!sending.addresses.empty()) return sending;
    dispatch.outcome(sending.taken.id, {}, true, false);
    dispatch.put_back(sending.taken.id, now + limits.first, Care::none, now);
    return std::nullopt;
  }

  // Each recipient is answered on its own; what became of the first one's message holds for all.
  TransactionReport report_of(std::size_t host, const Sending& sending) {
    TransactionReport report = answer(host, sending.taken.id, sending.addresses.front());
    for (std::size_t i = 1; i < sending.addresses.size(); ++i) {
      const auto other = answer(host, sending.taken.id, sending.addresses[i]);
      report.recipients.push_back(other.recipients.front());
      if (other.stage > report.stage) {
        report.stage = other.stage;
        report.reply = other.reply;
      }
    }
    return report;
  }

  // Delivery::on_report()
  void answered(Place it, const Sending& sending) {
    const std::size_t host = it->host;
    const std::string& id = sending.taken.id;
    Message& message = messages.at(id);
    const TransactionReport report = report_of(host, sending);
    const bool probe = std::exchange(it->probe, false);
    it->busy = it->careful = false;
    dispatch.ended(host, report.stage > Stage::rset, now);
    Health& health = dispatch.health(host);
    const Sent sent{id, message.sender, sending.addresses, probe};
    Judgement judgement = judge(report, health.blames(sent, now));
    for (const std::string& other : health.judged(sent, judgement, moment())) dispatch.hurry(other, now);
    if (judgement.untouched) {
      dispatch.put_back(id, now, judgement.alone ? Care::needed : sending.taken.care, now);
    } else {
      record(host, sending, report, judgement);
    }
    if (!report.error.empty()) return close(it);
    rest(it);
    next_message(it);
  }

  // Recorder::record()
  void record(std::size_t host, const Sending& sending, const TransactionReport& report,
              const Judgement& judgement) {
    using What = Verdict::What;
    const std::string& id = sending.taken.id;
    Message& message = messages.at(id);
    if (judgement.held) return gone(id, failed);
    const Milliseconds age = ages.of(id, now);
    const Part part{sending.later, sending.more, judgement.answered};
    const bool old = attempted(message.info, part, age, lifetime);
    bool again = false;
    bool lost = false;
    for (std::size_t i = 0; i < sending.addresses.size(); ++i) {
      const What what = judgement.recipients[i].what;
      const bool waits = what == What::deferred || what == What::possibly_delivered;
      again |= waits;
      if (waits && !old) continue;
      lost |= what != What::delivered;
      if (what == What::delivered) log.push_back({id, sending.addresses[i], host, now});
      message.to_do.erase(sending.addresses[i]);
    }
    if (message.to_do.empty()) return gone(id, lost ? failed : delivered);
    if (again && age >= delay_notice && !message.delay_told) message.delay_told = now;
    dispatch.outcome(id, sending.addresses, again, sending.more && !judgement.alone && goes_on(report));
    const unsigned attempts = dispatch.attempts(id, message.info.attempts);
    const auto delay = retry_delay(limits, attempts, chance());
    dispatch.put_back(id, now + delay, judgement.alone ? Care::needed : Care::none, now);
  }

  void gone(const std::string& id, std::vector<std::string>& where) {
    where.push_back(id);
    dispatch.remove(id);
    for (std::size_t host = 0; host < connections_.size(); ++host) dispatch.health(host).forget(id);
  }

  static std::set<std::size_t> routes_of(const std::map<std::string, std::size_t>& to) {
    std::set<std::size_t> routes;
    for (const auto& [address, route] : to) routes.insert(route);
    return routes;
  }

  Moment moment() { return {wall, now, chance()}; }
  double chance() { return (chance_ = (chance_ * 421 + 1663) % 7875) / 7875.0; }

  std::vector<std::list<Connection>> connections_;
  std::list<Connection> closed_;
  std::multimap<Instant, std::function<void()>> events_;
  unsigned idle_turns_ = 0;
  unsigned events_so_far_ = 0;
  int chance_ = 1;
};

inline std::string number(int i) { return "m" + std::to_string(100000 + i); }

}  // namespace mailchute::relay
