// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/digester.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "mail/collection.h"
#include "mail/plain_text.h"
#include "queue/queue_id.h"
#include "relay/likeness.h"
#include "sys/clock.h"
#include "sys/identity.h"

namespace mailchute::relay {
namespace {

using std::chrono::hours;

// Longer than any message lives: what is in a digest comes back when that is gone.
constexpr Milliseconds kUntilThen = hours(24 * 365);
// Octets of a digest: no mailbox refuses it, no reader waits for it, and no other mail while it is
// made.
constexpr std::uint64_t kLargest = 10 << 20;
// For what is added to a message as it is sent: Received, and what a sender policy changes.
constexpr std::uint64_t kMargin = 2048;

std::uint64_t on_the_wire(std::string_view text) {
  return text.size() + static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

std::string name_of_user(std::uint32_t uid) {
  const std::string login = sys::account_of(uid).login;
  return login == std::to_string(uid) ? "uid " + login : login;
}

// That of the first message: its time is when the digest grows too old, too.
mail::Envelope envelope_of(mail::Envelope envelope, bool eight_bit, std::uint32_t owner) {
  envelope.body = eight_bit ? mail::BodyType::eight_bit_mime : mail::BodyType::unspecified;
  envelope.uid = owner;
  envelope.wait_for_queue_run = false;
  return envelope;
}

Result<> copy(const queue::Entry& entry, queue::OwnEntryWriter& writer) {
  queue::Entry::Reader reader(entry);
  for (;;) {
    const auto piece = reader.next();
    if (!piece) return failure(piece.error());
    if (piece->empty()) return {};
    if (auto written = writer.write(*piece); !written) return written;
  }
}

}  // namespace

// What is going to be a digest.
struct Digester::Draft {
  bool eight_bit_as_it_is;  // else it is encoded for the smart host
  mail::Collection text{};
  mail::Envelope envelope{};
  std::uint32_t owner = 0;
  std::vector<std::uint64_t> wire_size{};  // of each message
  std::uint64_t octets = 0;                // of them together

  void add(const queue::Entry& entry);
  void cut(std::uint64_t limit);
  std::uint64_t sent_size(const queue::MessageFacts& facts) const;
  std::uint64_t size_of(std::size_t count) const;  // on the wire, with so many of them
};

Digester::Digester(queue::Queue& queue, const config::Settings& settings, Concerned gathered,
                   Submitters& submitters, RecorderUser& user, Log& log)
    : queue_(queue),
      settings_(settings),
      gathered_(std::move(gathered)),
      submitters_(submitters),
      user_(user),
      log_(log),
      gathering_(settings.storms.digest_above, settings.storms.digest_within) {}

void Digester::found_digest(const std::string& id, const std::vector<std::string>& originals,
                            Time arrival) {
  for (const std::string& original : originals) carry(original, id, arrival);
}

// Under other settings than when it was held back.
void Digester::found(const std::string& id, Time arrival, queue::RetryInfo& info) {
  if (info.likeness.empty() || carried_.count(id) != 0) return;
  const Time now = sys::now();
  const Milliseconds longest =
      gathered_.nobody() ? Milliseconds(0) : settings_.storms.digest_within;
  const auto wait = std::clamp<Milliseconds>(info.next_try - now, Milliseconds(0), longest);
  info.next_try = now + wait;
  if (!gathered_.nobody()) gathering_.restore({id, info.likeness, arrival}, sys::boot_now() + wait);
}

bool Digester::stands_aside(const std::string& id) {
  const auto found = carried_.find(id);
  if (found == carried_.end()) return false;
  user_.on_put_back(id, found->second.arrival, kUntilThen, Care::none);
  return true;
}

// Notifications too, or those of a digest that cannot be delivered would be as many as its
// originals.
bool Digester::concerns(const queue::Entry& entry) const {
  if (gathered_.nobody()) return false;
  const bool notification =
      entry.owner() == queue_.daemon() && entry.envelope().reverse_path.empty();
  return notification || (entry.owner() != queue_.daemon() && gathered_.has(entry.owner()));
}

bool Digester::holds_back(const queue::Entry& entry, const smtp::Extensions& offered) {
  using What = Gathering::Answer::What;
  if (!concerns(entry) || queue_.load_info(entry.id()).attempts > 0) return false;
  const auto alike = likeness(entry, settings_.storms.ignore_digits);
  if (!alike || !*alike) return false;
  const Alert alert{entry.id(), **alike, std::min(entry.envelope().time, sys::now())};
  const auto [what, until] = gathering_.ask(alert, sys::boot_now());
  if (what == What::digest) send_digest(alert, offered);
  if (what == What::wait) wait(entry, alert, until);
  return what != What::send;
}

void Digester::wait(const queue::Entry& entry, const Alert& alert, Instant until) {
  const Milliseconds wait = until - sys::boot_now();
  queue::RetryInfo info;
  info.next_try = sys::now() + wait;
  info.reason = "held back for a digest";
  info.likeness = alert.likeness;
  queue_.save_info(entry.id(), info);
  log_(Event("held-back", Severity::info)
           .with("id", entry.id())
           .with("uid", std::uint64_t{entry.owner()}));
  user_.on_put_back(entry.id(), alert.arrival, wait, Care::none);
}

// What has no room waits for the next digest, which is due as well. What turns out to be fit for
// none is sent alone, and so is what cannot be written as one: once that has left, the disk may
// have room.
void Digester::send_digest(const Alert& alert, const smtp::Extensions& offered) {
  const Draft draft = this->draft(alert, offered);
  const auto& messages = draft.text.messages;
  const auto written = messages.size() < 2 ? Result<>() : write(draft);
  if (messages.empty()) gathering_.send_alone(alert.id);
  if (messages.size() >= 2 && written) take_over(draft);
  else
    for (const auto& message : messages) gathering_.send_alone(message.id);
  if (!written)
    log_(Event("digest-failed", Severity::error)
             .with("id", draft.text.id)
             .with("reason", written.error().text));
  if (carried_.count(alert.id) == 0)
    user_.on_put_back(alert.id, alert.arrival, Milliseconds(0), Care::none);
}

// The oldest, as far as they may have room: what is read and then left out is read again for the
// next one.
Digester::Draft Digester::draft(const Alert& alert, const smtp::Extensions& offered) {
  const std::uint64_t limit = size_limit(offered);
  Draft draft{.eight_bit_as_it_is = offered.eight_bit_mime};
  for (const Alert& other : gathering_.company(alert.id)) {
    if (draft.text.messages.size() == queue::kMaxDigest || draft.octets > limit) break;
    const auto entry = queue_.load(other.id);
    const auto alike =
        entry ? likeness(*entry, settings_.storms.ignore_digits) : failure(entry.error());
    if (alike && *alike == alert.likeness) draft.add(*entry);
    else gathering_.send_alone(other.id);
  }
  draft.text.id = queue::new_queue_id();
  draft.text.hostname = settings_.hostname;
  draft.text.user = name_of_user(draft.owner);
  draft.text.above = settings_.storms.digest_above;
  draft.text.within = settings_.storms.digest_within;
  draft.text.now = sys::now();
  draft.text.utc_offset = sys::utc_offset(draft.text.now);
  draft.cut(limit);
  return draft;
}

void Digester::Draft::add(const queue::Entry& entry) {
  queue::Entry::Reader reader(entry);  // `start` is borrowed from it
  const auto start = reader.next();
  if (!start) return;
  if (text.messages.empty()) {
    envelope = entry.envelope();
    owner = entry.owner();
    text.header = *start;
  }
  text.eight_bit = text.eight_bit || entry.facts().eight_bit;
  text.messages.push_back(
      {entry.id(), entry.envelope().time, entry.facts().length,
       mail::shortened(mail::plain_subject(*start), mail::Collection::kMaxSubject)});
  wire_size.push_back(sent_size(entry.facts()));
  octets += wire_size.back();
}

// Base64 makes four octets of three, with a line end behind each 76; a header grows, too.
std::uint64_t Digester::Draft::sent_size(const queue::MessageFacts& facts) const {
  const std::uint64_t size = facts.wire_size();
  return facts.eight_bit && !eight_bit_as_it_is ? size + size / 2 : size;
}

std::uint64_t Digester::Draft::size_of(std::size_t count) const {
  mail::Collection part = text;
  part.messages.resize(count);
  std::uint64_t size =
      on_the_wire(mail::collection_head(part)) + on_the_wire(mail::collection_tail(part)) + kMargin;
  for (std::size_t i = 0; i < count; ++i)
    size += wire_size[i] + on_the_wire(mail::collection_part(part));
  return size;
}

// As much as the smart host takes at once, and as anybody may submit.
std::uint64_t Digester::size_limit(const smtp::Extensions& offered) const {
  std::uint64_t limit = kLargest;
  if (offered.size && offered.size_limit != 0) limit = std::min(limit, offered.size_limit);
  if (settings_.message_size_limit != 0) limit = std::min(limit, settings_.message_size_limit);
  return limit;
}

void Digester::Draft::cut(std::uint64_t limit) {
  std::size_t fit = std::min<std::size_t>(text.messages.size(), 1);
  std::size_t too_many = text.messages.size() + 1;
  while (too_many - fit > 1) {
    const std::size_t middle = fit + (too_many - fit) / 2;
    (size_of(middle) <= limit ? fit : too_many) = middle;
  }
  text.messages.resize(fit);
}

Result<> Digester::write(const Draft& draft) {
  auto writer = queue_.create(draft.text.id, draft.owner);
  if (!writer) return failure(std::move(writer.error()));
  std::vector<std::string> originals;
  for (const auto& message : draft.text.messages) originals.push_back(message.id);
  auto done =
      writer->begin(envelope_of(draft.envelope, draft.text.eight_bit, draft.owner), originals);
  if (done) done = writer->write(mail::collection_head(draft.text));
  for (std::size_t i = 0; done && i < originals.size(); ++i) {
    const auto entry = queue_.load(originals[i]);
    if (!entry) return failure(entry.error());
    done = writer->write(mail::collection_part(draft.text));
    if (done) done = copy(*entry, *writer);
  }
  if (done) done = writer->write(mail::collection_tail(draft.text));
  if (!done) return done;
  if (auto finished = writer->finish(); !finished) return failure(finished.error());
  if (auto committed = queue_.commit(*writer); !committed) return committed;
  auto synced = queue_.sync();
  if (!synced) queue_.take_back(*writer);
  return synced;
}

void Digester::take_over(const Draft& draft) {
  const std::string& digest = draft.text.id;
  log_(Event("digest", Severity::notice)
           .with("id", digest)
           .with("uid", std::uint64_t{draft.owner})
           .with("messages", std::uint64_t{draft.text.messages.size()}));
  for (const auto& message : draft.text.messages) {
    log_(Event("in-digest", Severity::info).with("id", message.id).with("digest", digest));
    gathering_.gathered(message.id);
    carry(message.id, digest, draft.envelope.time);
    queue::RetryInfo info = queue_.load_info(message.id);
    info.reason = "in digest " + digest;
    queue_.save_info(message.id, info);
    stands_aside(message.id);
  }
  submitters_.came(digest, draft.owner, draft.size_of(draft.text.messages.size()));
  user_.on_put_back(digest, draft.envelope.time, Milliseconds(0), Care::none);
}

void Digester::carry(const std::string& id, const std::string& digest, Time arrival) {
  carried_.insert_or_assign(id, Carried{digest, arrival});
  digests_[digest].insert(id);
}

std::string Digester::carrier(const std::string& id) const {
  const auto found = carried_.find(id);
  return found == carried_.end() ? id : found->second.digest;
}

// One that is held still stands for its originals.
void Digester::gone(const std::string& id) {
  gathering_.gone(id);
  if (const auto found = carried_.find(id); found != carried_.end()) {
    digests_.at(found->second.digest).erase(id);
    carried_.erase(found);
  }
  if (digests_.count(id) != 0 && !queue_.waits(id).value_or(false)) let_go(id);
}

// Whoever took it out may want something else of its originals, too.
void Digester::dissolve(const std::string& digest) {
  if (digests_.count(digest) != 0)
    let_go(digest, "an administrator took out digest ", settings_.retry.first);
}

void Digester::look_again() {
  std::vector<std::string> gone;
  for (const auto& [digest, originals] : digests_) {
    if (!queue_.waits(digest).value_or(true)) gone.push_back(digest);
  }
  for (const std::string& digest : gone) let_go(digest);
}

// What left with it is gone; what has not was tried in vain, and goes alone.
void Digester::let_go(const std::string& digest, const std::string& why, Milliseconds wait) {
  const auto originals = std::move(digests_.extract(digest).mapped());
  for (const std::string& id : originals) {
    if (carrier(id) != digest) continue;
    const Time arrival = carried_.extract(id).mapped().arrival;
    if (!queue_.waits(id).value_or(true)) {
      user_.on_gone(id);
      continue;
    }
    queue::RetryInfo info;
    info.attempts = 1;
    info.last_attempt = sys::now();
    info.next_try = info.last_attempt + wait;
    info.reason = why + digest;
    queue_.save_info(id, info);
    user_.on_put_back(id, arrival, wait, Care::none);
  }
}

}  // namespace mailchute::relay
