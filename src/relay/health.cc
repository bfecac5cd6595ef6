// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/health.h"

#include <algorithm>
#include <utility>

namespace mailchute::relay {
namespace {

using Host = Judgement::Host;

constexpr Seconds kCrowdedFor{300};  // other clients of the smart host come and go
constexpr Seconds kDoubtFor{
    3600};  // then a message that no other one speaks for or against is told off

// Who owns the queue may fill it with messages that are refused. Of those that are forgotten, the
// oldest first, nothing worse is thought than of new ones.
constexpr std::size_t kMostMessages = 1000;
constexpr std::size_t kMostAddresses = 20'000;  // of all of them; a message may have thousands

template <class Known>
void forget_oldest(std::map<std::string, Known>& known) {
  known.erase(std::min_element(known.begin(), known.end(), [](const auto& a, const auto& b) {
    return a.second.since < b.second.since;
  }));
}

}  // namespace

// Messages

bool Health::blames(const Sent& message, Instant now) const {
  const auto same_sender = [&message](const auto& other) {
    return other.second.blamed && other.second.sender == message.reverse_path;
  };
  if (std::any_of(doubts_.begin(), doubts_.end(), same_sender)) return true;
  const auto found = doubts_.find(message.id);
  if (found == doubts_.end()) return false;
  const Doubt& doubt = found->second;
  return doubt.blamed ||
         (!doubt.certain && now - doubt.since >= kDoubtFor && !met_by_another(message.id));
}

// With other recipients: what is known of one is no news of the same one.
bool Health::met_by_another(const std::string& id) const {
  const auto known = doubts_.find(id);
  if (known == doubts_.end()) return false;
  const Doubt& mine = known->second;
  return std::any_of(doubts_.begin(), doubts_.end(), [&](const auto& other) {
    const Doubt& its = other.second;
    return other.first != id && !its.blamed && its.refusal == mine.refusal &&
           !std::includes(its.recipients.begin(), its.recipients.end(), mine.recipients.begin(),
                          mine.recipients.end());
  });
}

// The time of the first stays.
void Health::note(const std::string& id, Doubt doubt) {
  const auto [place, first] = doubts_.try_emplace(id, doubt);
  if (!first && place->second.refusal == doubt.refusal) doubt.since = place->second.since;
  place->second = std::move(doubt);
  const auto addresses = [this] {
    std::size_t count = 0;
    for (const auto& [other, its] : doubts_) count += its.recipients.size();
    return count;
  };
  while (doubts_.size() > kMostMessages || (doubts_.size() > 1 && addresses() > kMostAddresses))
    forget_oldest(doubts_);
}

std::vector<std::string> Health::blame_others(const std::string& id) {
  std::vector<std::string> blamed;
  forget(id);
  for (auto& [other, lost] : lost_) lost.to_blame = true;
  for (auto& [other, doubt] : doubts_) {
    if (!std::exchange(doubt.blamed, true)) blamed.push_back(other);
  }
  return blamed;
}

void Health::forget(const std::string& id) {
  doubts_.erase(id);
  lost_.erase(id);
}

std::vector<std::string> Health::judged(const Sent& message, Judgement& judgement,
                                        const Moment& moment) {
  std::vector<std::string> blamed;
  switch (judgement.host) {
    case Host::unsaid: return blamed;
    case Host::works:
      works();
      if (judgement.took_it) blamed = blame_others(message.id);
      break;
    case Host::interrupted: interrupted(message, judgement.reply, moment); break;
    case Host::had_enough: break;
    case Host::doubtful:
    case Host::refuses: doubt(message, judgement, moment); break;
  }
  if (judgement.slow_down) crowded(1, Cause::trouble, moment.now);
  return blamed;
}

void Health::doubt(const Sent& message, Judgement& judgement, const Moment& moment) {
  const bool certain = judgement.host == Host::refuses;
  Doubt doubt{moment.now, judgement.refusal, {}, {}, certain};
  if (judgement.doubted.empty()) doubt.sender = message.reverse_path;
  for (const std::size_t i : judgement.doubted) doubt.recipients.insert(message.recipients[i]);
  note(message.id, std::move(doubt));
  if (!certain && !met_by_another(message.id)) return;
  judgement.acquit();
  suspect_ = message.id;
  trouble(judgement.cause, judgement.reply, moment);
}

// Pauses

void Health::works() {
  failures_.clear();
  suspect_.clear();
  until_.reset();
  last_error_.clear();
  since_.reset();
  cause_.reset();
  worked_ = true;
}

// What was in flight when it began is no further trouble.
void Health::trouble(Cause cause, const std::string& reason, const Moment& moment) {
  unsigned& failures = failures_[cause];
  if (!paused(moment.now) || failures == 0) ++failures;
  crowded_until_.reset();
  last_error_ = reason;
  if (!since_) since_ = moment.at;
  const RetryLimits limits = cause == Cause::login ? login_limits(limits_) : limits_;
  const Instant until = moment.now + retry_delay(limits, failures, moment.chance);
  if (until_ && until < *until_) return;
  until_ = until;
  cause_ = cause;
}

void Health::interrupted(const Sent& message, const std::string& reason, const Moment& moment) {
  last_error_ = reason;
  if (lost_.try_emplace(message.id, Lost{moment.now}).first->second.to_blame) return;
  if (lost_.size() > kMostMessages) forget_oldest(lost_);
  if (message.probe && message.id != suspect_) return trouble(Cause::trouble, reason, moment);
  suspect_ = message.id;
}

void Health::crowded(unsigned others, Cause cause, Instant now) {
  let_in_ = std::max(others, 1u);
  const Instant until = now + (cause == Cause::login ? login_limits(limits_).longest : kCrowdedFor);
  crowded_until_ = std::max(until, crowded_until_.value_or(until));
}

unsigned Health::connections(Instant now) const {
  if (on_probation()) return 1;
  return crowded_until_ && now < *crowded_until_ ? std::min(let_in_, connections_) : connections_;
}

}  // namespace mailchute::relay
