// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <utility>

#include "mailchuted/keeper.h"

namespace mailchute::mailchuted {
namespace {

using Stage = WorkerProcess::Stage;

constexpr std::ptrdiff_t kMostRetired = 8;  // workers that finish what they have in hand

}  // namespace

// One at a time: who asks meanwhile wants what is in the file now, and has the next one.
void Keeper::reload_if_wanted() {
  const bool changing =
      coming_ != nullptr || (in_force_ != nullptr && in_force_->stage != Stage::working);
  if (!reload_wanted_ || reloading_ || changing || stop_by_) return;
  reload_wanted_ = false;
  reloading_ = true;
  notify_.reloading();
  for (WorkerProcess& worker : workers_) {
    worker.reloads_under_way = std::exchange(worker.reloads, 0);
  }
  if (auto prepared = prepare_reload(); !prepared) reload_over(prepared);
}

Result<> Keeper::prepare_reload() {
  const auto retired =
      std::count_if(workers_.begin(), workers_.end(),
                    [](const WorkerProcess& worker) { return worker.stage == Stage::retired; });
  reload_put_off_ = retired >= kMostRetired;
  if (reload_put_off_) {
    return failure(
        Error::Kind::temporary,
        "the workers of the last " + std::to_string(retired) +
            " configurations still finish what they have in hand; the new one comes into force "
            "when one of them has gone");
  }
  auto orders = read_orders_again(orders_.settings);
  if (!orders) return failure(orders.error());
  const auto troubles = premises_.smtp().open(orders->settings);
  if (!troubles.empty()) return failure(Error::Kind::config, troubles.front());
  protect_password(*orders);
  next_orders_ = std::move(*orders);
  next_orders_->log = open_log_(next_orders_->settings);
  return start(*next_orders_);
}

// A mistake changes nothing.
void Keeper::reload_over(const Result<>& result) {
  reloading_ = false;
  next_orders_.reset();
  tidy_premises();
  if (result) log()(Event("reload", Severity::notice));
  else if (reload_put_off_)
    log()(Event("reload-put-off", Severity::notice).with("reason", result.error().text));
  else log()(Event("reload-refused", Severity::error).with("reason", result.error().text));
  notify_.ready();
  for (WorkerProcess& worker : workers_) {
    for (; worker.reloads_under_way > 0; --worker.reloads_under_way) {
      worker.say(reload_put_off_ ? Message::Kind::put_off : Message::Kind::reloaded,
                 result ? "" : result.error().text);
    }
  }
}

}  // namespace mailchute::mailchuted
