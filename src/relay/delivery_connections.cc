// SPDX-License-Identifier: GPL-3.0-or-later
// The connections of a delivery: when one is opened, woken or given up.
#include <algorithm>
#include <utility>

#include "relay/delivery.h"
#include "sys/clock.h"

namespace mailchute::relay {
namespace {

// A password is read when the daemon is told to.
std::string reason_of(const smtp::Close::Trouble& trouble) {
  const bool password = trouble.stage == smtp::Stage::auth && cause_of(trouble) == Cause::login;
  return trouble.text + (password ? "; check user and password_file, then mailchute reload" : "");
}

}  // namespace

void Delivery::pump() {
  if (finishing()) return;
  if (!recorder_.overwhelmed()) {
    while (const auto host = dispatch_.probe_wanted(loads(), sys::boot_now()))
      open_connection(*host);
  }
  wake_conversations(true);
  wake_conversations(false);
  if (!recorder_.overwhelmed()) {
    while (const auto host = dispatch_.connection_wanted(loads(), sys::boot_now(), moment().chance))
      open_connection(*host);
  }
  wake_when_due();
}

void Delivery::pump_soon() {
  if (std::exchange(pumping_soon_, true)) return;
  loop_.post([this] {
    pumping_soon_ = false;
    pump();
  });
}

// Those of smart hosts in doubt first, or a probe would find nothing to take.
void Delivery::wake_conversations(bool on_probation) {
  for (std::size_t host = 0; host < hosts_.size(); ++host) {
    if (dispatch_.health(host).on_probation() != on_probation) continue;
    for (const auto& conversation : hosts_[host].conversations) conversation->wake();
  }
}

void Delivery::open_connection(std::size_t host) {
  dispatch_.opening(host, sys::boot_now());
  Host& to = hosts_[host];
  to.conversations.push_back(std::make_unique<Conversation>(loop_, to.options, to.tls,
                                                            static_cast<ConversationUser&>(*this)));
}

void Delivery::wake_when_due() {
  const Instant now = sys::boot_now();
  const auto next = dispatch_.wake(loads(), now);
  if (!next) return wake_timer_.cancel();
  wake_timer_.start(std::max(*next - now, Milliseconds(0)), [this] { pump(); });
}

std::vector<Dispatch::Load> Delivery::loads() const {
  std::vector<Dispatch::Load> loads;
  for (const Host& host : hosts_) {
    const auto established = [](const auto& conversation) { return conversation->established(); };
    loads.push_back({host.conversations.size(),
                     static_cast<std::size_t>(std::count_if(host.conversations.begin(),
                                                            host.conversations.end(), established)),
                     in_flight_.careful(loads.size())});
  }
  return loads;
}

std::size_t Delivery::host_of(const Conversation& conversation) const {
  const auto has_it = [&](const Host& host) {
    return std::any_of(host.conversations.begin(), host.conversations.end(),
                       [&](const auto& one) { return one.get() == &conversation; });
  };
  return static_cast<std::size_t>(std::find_if(hosts_.begin(), hosts_.end(), has_it) -
                                  hosts_.begin());
}

std::size_t Delivery::connections() const {
  std::size_t count = 0;
  for (const Host& host : hosts_) count += host.conversations.size();
  return count;
}

void Delivery::on_over(const Conversation& conversation,
                       std::optional<smtp::Close::Trouble> trouble, bool used) {
  if (trouble) judge_end(conversation, *trouble, used);
  hosts_[host_of(conversation)].conversations.remove_if(
      [&](const auto& other) { return other.get() == &conversation; });
  finish_if_idle();
  pump();
}

void Delivery::judge_end(const Conversation& conversation, const smtp::Close::Trouble& trouble,
                         bool used) {
  // On a connection that has worked, trouble between messages means a new connection, no pause.
  const bool session =
      trouble.stage < smtp::Stage::idle || (trouble.stage <= smtp::Stage::rset && !used);
  // Others that are still being opened count, too: when they fail as well, the last one is alone.
  const std::size_t host = host_of(conversation);
  const auto others = static_cast<unsigned>(hosts_[host].conversations.size()) - 1;
  const std::string reason = reason_of(trouble);
  const bool grave = trouble.server_fault || (session && others == 0);
  log_(Event(trouble.server_fault ? "smart-host-broke-protocol" : "smart-host-trouble",
             grave ? Severity::warning : Severity::notice)
           .with("relay", conversation.relay_name())
           .with("stage", smtp::name_of(trouble.stage))
           .with("reason", reason));
  if (!session) return;
  if (others > 0) return dispatch_.health(host).crowded(others, cause_of(trouble), sys::boot_now());
  dispatch_.health(host).trouble(cause_of(trouble), reason, moment());
}

}  // namespace mailchute::relay
