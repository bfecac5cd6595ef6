// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/selection.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "queue/format.h"

namespace mailchute::queue {
namespace {

constexpr std::string_view kId = "id", kSender = "sender", kRecipient = "recipient",
                           kReason = "reason", kState = "state", kBefore = "before",
                           kSince = "since";

tl::unexpected<Error> bad(const std::string& what, const std::string& why) {
  return failure(Error::Kind::data, what + ": " + why);
}

Result<std::vector<PathPattern>> patterns(const std::vector<std::string>& texts) {
  std::vector<PathPattern> compiled;
  for (const std::string& text : texts) {
    auto pattern = PathPattern::parse(text);
    if (!pattern) return failure(pattern.error());
    compiled.push_back(std::move(*pattern));
  }
  return compiled;
}

bool any_matches(const std::vector<PathPattern>& patterns, std::string_view path) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [path](const auto& pattern) { return pattern.matches(path); });
}

template <class T>
bool among(const std::vector<T>& some, const T& one) {
  return some.empty() || std::find(some.begin(), some.end(), one) != some.end();
}

bool take_time(std::optional<Time>& time, std::string_view value) {
  time = parse_time(value);
  return time.has_value();
}

bool take_place(std::vector<Place>& places, std::string_view value) {
  if (const auto place = parse_place(value)) places.push_back(*place);
  else return false;
  return true;
}

bool take(Selection& selection, const Word& word) {
  const auto& [key, value] = word;
  if (key == kState) return take_place(selection.places, value);
  if (key == kBefore) return take_time(selection.before, value);
  if (key == kSince) return take_time(selection.since, value);
  auto* const texts = key == kId          ? &selection.ids
                      : key == kSender    ? &selection.senders
                      : key == kRecipient ? &selection.recipients
                      : key == kReason    ? &selection.reasons
                                          : nullptr;
  if (texts != nullptr) texts->push_back(value);
  return texts != nullptr;
}

}  // namespace

std::string as_id(std::string_view word) {
  std::string id(word);
  for (char& c : id) c = is_alpha(c) ? static_cast<char>(c & ~32) : c;
  return id;
}

std::vector<Word> words_of(const Selection& selection) {
  std::vector<Word> words;
  const auto add = [&words](std::string_view key, const std::vector<std::string>& values) {
    for (const std::string& value : values) words.push_back({std::string(key), value});
  };
  add(kId, selection.ids);
  add(kSender, selection.senders);
  add(kRecipient, selection.recipients);
  add(kReason, selection.reasons);
  for (const Place place : selection.places) add(kState, {std::string(name_of(place))});
  if (selection.before) add(kBefore, {format_time(*selection.before)});
  if (selection.since) add(kSince, {format_time(*selection.since)});
  return words;
}

Result<Selection> selection_of(const std::vector<Word>& words) {
  Selection selection;
  for (const Word& word : words) {
    if (!take(selection, word))
      return bad(escaped(word.key + "=" + word.value.substr(0, 80)), "not understood");
  }
  return selection;
}

Result<PathPattern> PathPattern::parse(std::string_view text) {
  PathPattern pattern;
  if (text == "<>") return pattern;
  std::string whole = to_lower(text);
  if (whole.find('@') == whole.npos) whole += "@*";
  else if (whole.front() == '@') whole.insert(0, "*");
  else if (whole.back() == '@') whole += "*";
  auto parsed = mail::AddressPattern::parse(whole);
  if (!parsed || text.empty())
    return bad("\"" + escaped(text) + "\"", "is no pattern of addresses, such as *@example.org");
  pattern.pattern_ = std::move(*parsed);
  return pattern;
}

bool PathPattern::matches(std::string_view path) const {
  if (!pattern_ || path.empty()) return !pattern_ && path.empty();
  const std::string lower = to_lower(path);
  const auto at = std::min(lower.rfind('@'), lower.size());
  return pattern_->matches({lower.substr(0, at), lower.substr(std::min(at + 1, lower.size()))});
}

Result<Selector> Selector::of(const Selection& selection) {
  Selector selector;
  for (const std::string& word : selection.ids) {
    if (word.size() < kShortestPrefix)
      return bad(escaped(word), "too short for the beginning of a queue id: give " +
                                    std::to_string(kShortestPrefix) + " characters or more");
    selector.ids_.push_back(as_id(word));
  }
  std::sort(selector.ids_.begin(), selector.ids_.end());
  auto senders = patterns(selection.senders), recipients = patterns(selection.recipients);
  if (!senders || !recipients) return failure(senders ? recipients.error() : senders.error());
  selector.senders_ = std::move(*senders);
  selector.recipients_ = std::move(*recipients);
  for (const std::string& part : selection.reasons) selector.reasons_.push_back(to_lower(part));
  selector.places_ = selection.places;
  selector.before_ = selection.before;
  selector.since_ = selection.since;
  return selector;
}

// Beginnings of one id are in order of their length, with others between them; nobody names two
// thousand that do not differ in their first characters.
bool Selector::named(std::string_view id) const {
  if (ids_.empty()) return true;
  for (auto next = std::upper_bound(ids_.begin(), ids_.end(), id); next != ids_.begin();) {
    --next;
    if (id.starts_with(*next)) return true;
    if (next->compare(0, kShortestPrefix, id.substr(0, kShortestPrefix)) != 0) return false;
  }
  return false;
}

bool Selector::in_time(Time arrival) const {
  return (!before_ || arrival < *before_) && (!since_ || arrival >= *since_);
}

bool Selector::may_match(std::string_view id, Place place, Time arrival) const {
  const bool there =
      among(places_, place) || (place == Place::waiting && among(places_, Place::active));
  return there && in_time(arrival) && named(id);
}

bool Selector::matches(const Listed& entry) const {
  if (!among(places_, entry.place) || !in_time(entry.time) || !named(entry.id)) return false;
  if (!senders_.empty() && !any_matches(senders_, entry.sender)) return false;
  const auto& recipients = entry.recipients;
  const bool for_one = recipients_.empty() ||
                       std::any_of(recipients.begin(), recipients.end(), [this](const auto& one) {
                         return any_matches(recipients_, one.address);
                       });
  const auto says = [this](const std::string& text) {
    const std::string lower = to_lower(text);
    return std::any_of(reasons_.begin(), reasons_.end(),
                       [&](const auto& part) { return lower.find(part) != lower.npos; });
  };
  return for_one && (reasons_.empty() || says(entry.info.reason) ||
                     std::any_of(recipients.begin(), recipients.end(),
                                 [&](const auto& one) { return says(one.reply); }));
}

}  // namespace mailchute::queue
