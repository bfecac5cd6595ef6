// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/queue_act.h"

#include <sysexits.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <span>
#include <utility>

#include "base/text.h"
#include "mail/address_list.h"
#include "mailchute/command.h"
#include "mailchute/json.h"
#include "mailchute/terminal.h"
#include "mailchute/words.h"
#include "sys/clock.h"

namespace mailchute {
namespace {

using queue::Acted;
using queue::Place;
using queue::Word;

// One sync for so many; short enough for a bar that moves.
constexpr std::size_t kBatch = 100;
constexpr std::size_t kNamedAtMost = 5;  // the others --json names
constexpr std::size_t kMostReason =
    500;  // stands in the log and in a notification, a few lines of it

struct VerbWords {
  const char* name;
  const char* doing;
  const char* done;
};
constexpr VerbWords kWords[] = {{"retry", "retrying", "retried"},
                                {"hold", "holding", "held"},
                                {"release", "releasing", "released"},
                                {"bounce", "bouncing", "bounced"},
                                {"remove", "removing", "removed"}};
const VerbWords& words_for(Verb verb) { return kWords[static_cast<std::size_t>(verb)]; }

bool may_be_regretted(Verb verb) { return verb != Verb::retry && verb != Verb::hold; }

// Where only some states make sense, the others take a name.
std::vector<Place> places_for(Verb verb) {
  switch (verb) {
    case Verb::retry:
    case Verb::hold: return {Place::incoming, Place::active, Place::waiting};
    case Verb::release: return {Place::held, Place::failed};
    case Verb::bounce:
    case Verb::remove: break;
  }
  return {};
}

std::string messages(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " message" : " messages");
}

std::string some_of(const std::vector<std::string>& ids) {
  std::string text = ids.front();
  for (std::size_t i = 1; i < std::min(ids.size(), kNamedAtMost); ++i) text += " " + ids[i];
  if (ids.size() > kNamedAtMost)
    text += " and " + std::to_string(ids.size() - kNamedAtMost) + " more";
  return text;
}

std::uint64_t octets_of(const std::vector<Found>& entries) {
  std::uint64_t octets = 0;
  for (const Found& entry : entries) octets += entry.size;
  return octets;
}

// "remove 12 messages (34K octets: 10 waiting, 2 held)"
std::string intention(Verb verb, const std::vector<Found>& entries) {
  std::map<Place, std::size_t> counts;
  for (const Found& entry : entries) ++counts[entry.place];
  std::string states;
  for (const auto& [place, count] : counts) {
    states += (states.empty() ? "" : ", ") + std::to_string(count) + " " +
              std::string(queue::name_of(place));
  }
  return std::string(words_for(verb).name) + " " + messages(entries.size()) + " (" +
         short_size(octets_of(entries)) + " octets: " + states + ")";
}

Result<std::vector<Word>> changes(const ActOptions& options, const config::Settings& settings) {
  std::vector<Word> words;
  if (options.sender) {
    if (options.sender->empty())
      return failure(Error::Kind::usage, "--set-sender \"\": write an address, or <> for nobody");
    auto path = mail::parse_reverse_path(*options.sender, settings.hostname);
    if (!path) return failure(Error::Kind::usage, "--set-sender: " + path.error().text);
    words.push_back({"sender", std::move(*path)});
  }
  for (const std::string& text : options.recipients) {
    auto exchange = parse_exchange(text);
    if (!exchange) return failure(exchange.error());
    words.push_back({"old", std::move(exchange->old)});
    words.push_back({"new", std::move(exchange->now)});
  }
  if (options.reason.size() > kMostReason)
    return failure(Error::Kind::usage,
                   "--because: longer than " + std::to_string(kMostReason) + " octets");
  if (!options.reason.empty()) words.push_back({"reason", options.reason});
  return words;
}

Result<std::vector<Acted>> retried(const std::string& socket, std::span<const std::string> ids) {
  std::string request = "RETRY";
  for (const std::string& id : ids) request += " " + id;
  const auto answer = queue::ask(socket, request);
  std::vector<Acted> all;
  if (!answer && answer.error().kind != Error::Kind::rejected) return failure(answer.error());
  if (!answer) {  // nothing was done
    for (const std::string& id : ids)
      all.push_back({id, Acted::What::refused, answer.error().text});
    return all;
  }
  for (const std::string& line : answer->lines) {
    auto acted = queue::parse_acted(line);
    if (!acted) return failure(acted.error());
    all.push_back(std::move(*acted));
  }
  return all;
}

struct Work {
  Verb verb;
  std::string socket;
  std::vector<Word> words;
  std::vector<std::string> ids;
};

// How many are left: an interruption, or an error, has left them.
struct Left {
  std::size_t count = 0;
  Result<> why;
};

Left act_on(std::span<const std::string> ids, const Work& work, std::vector<Acted>& all) {
  ProgressBar progress(words_for(work.verb).doing, ids.size());
  for (std::size_t done = 0; done < ids.size(); done += kBatch) {
    if (Interruption::noted()) return {ids.size() - done, {}};
    progress.show(done);
    const auto batch = ids.subspan(done, std::min(kBatch, ids.size() - done));
    auto acted = work.verb == Verb::retry
                     ? retried(work.socket, batch)
                     : queue::ask_to_act(work.socket, words_for(work.verb).name, work.words, batch);
    if (!acted) return {ids.size() - done, failure(acted.error())};
    std::move(acted->begin(), acted->end(), std::back_inserter(all));
  }
  return {};
}

// A digest may have been in the way first, and have left for what was done to its messages then.
void try_refused_again(const Work& work, std::vector<Acted>& all) {
  std::vector<Acted*> refused;
  std::vector<std::string> ids;
  for (Acted& one : all) {
    if (one.what != Acted::What::refused) continue;
    refused.push_back(&one);
    ids.push_back(one.id);
  }
  std::vector<Acted> again;
  if (ids.size() < all.size()) act_on(ids, work, again);
  for (std::size_t i = 0; i < again.size(); ++i) *refused[i] = std::move(again[i]);
}

Result<> act(const Work& work, Tally& tally) {
  const Interruption interruption;
  std::vector<Acted> all;
  const Left left = act_on(work.ids, work, all);
  if (left.count == 0 && work.verb != Verb::retry) try_refused_again(work, all);
  for (const Acted& one : all) tally.add(one);
  tally.leave(left.count);
  return left.why;
}

int told(const Tally& tally, bool json, int status) {
  print(json ? tally.json() : tally.summary());
  for (const std::string& complaint : tally.complaints())
    status = complain({Error::Kind::rejected, complaint});
  const int printed = finished();
  if (status == 0 && (Interruption::noted() || tally.later() > 0)) return EX_TEMPFAIL;
  return status == 0 ? printed : status;
}

int retry_all(const std::string& socket, bool json) {
  const auto answer = queue::ask(socket, "RETRY *");
  if (!answer) return complain(answer.error());
  const std::string count = answer->summary.substr(answer->summary.find('=') + 1);
  const std::uint64_t done = parse_number(count).value_or(0);
  print(json ? json_of(ActReport{
                   "retry", {}, {{"done", done}, {"later", 0}, {"refused", 0}, {"left", 0}}})
             : "retried " + count + (count == "1" ? " message\n" : " messages\n"));
  return finished();
}

}  // namespace

Result<Exchange> parse_exchange(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return failure(Error::Kind::usage,
                   "--set-recipient \"" + std::string(text) + "\": " + std::string(why));
  };
  const auto at = text.find('@');
  const auto equals = at == text.npos ? text.npos : text.find('=', at);
  if (equals == text.npos) return bad("is not OLD=NEW");
  const auto now = mail::parse_address(text.substr(equals + 1));
  if (!now) return bad(now.error().text);
  if (now->bare()) return bad("the new address has no '@'");
  return Exchange{std::string(text.substr(0, equals)), now->text()};
}

Tally::Tally(Verb verb, const Chosen& chosen) : verb_(verb), all_(chosen.missing) {
  for (const Found& entry : chosen.entries) sizes_[entry.id] = entry.size;
}

void Tally::add(const Acted& acted) {
  all_.push_back(acted);
  if (acted.what == Acted::What::refused) reasons_[acted.text].push_back(acted.id);
  if (acted.what == Acted::What::later) ++later_;
  if (acted.what != Acted::What::done) return;
  ++done_;
  octets_ += sizes_[acted.id];
}

std::string Tally::summary() const {
  std::string text = std::string(words_for(verb_).done) + " " + messages(done_) + " (" +
                     short_size(octets_) + " octets)";
  if (later_ > 0) {
    const auto first = std::find_if(all_.begin(), all_.end(), [](const Acted& acted) {
      return acted.what == Acted::What::later;
    });
    text += "; " + std::to_string(later_) + " not yet: " + shown(first->text);
  }
  if (left_ > 0)
    text += (Interruption::noted() ? "; interrupted, " : "; ") + std::to_string(left_) +
            " left as they were";
  return text + "\n";
}

std::vector<std::string> Tally::complaints() const {
  std::vector<std::string> lines;
  for (const auto& [reason, ids] : reasons_) {
    lines.push_back(some_of(ids) + " not " + words_for(verb_).done + ": " + reason);
  }
  return lines;
}

std::string Tally::json() const {
  ActReport report{words_for(verb_).name, {}, {}};
  std::uint64_t refused = 0;
  for (const Acted& acted : all_) {
    if (acted.what == Acted::What::refused) ++refused;
    const auto size = sizes_.find(acted.id);
    report.entries.push_back(
        json_of(acted, size == sizes_.end() ? std::nullopt : std::optional(size->second)));
  }
  report.numbers = {{"done", done_}, {"later", later_}, {"refused", refused}, {"left", left_}};
  return json_of(report);
}

int act_on_messages(const std::string& config_file, Verb verb, const ActOptions& options) {
  const config::Settings settings = settings_of(config_file);
  auto selection = selection_of(options.selection, sys::now(), false);
  if (!selection) return complain(selection.error());
  auto words = changes(options, settings);
  if (!words) return complain(words.error());
  if (verb == Verb::retry && selection->empty())
    return retry_all(settings.control_socket(), options.json);
  if (selection->ids.empty() && selection->places.empty()) selection->places = places_for(verb);
  const auto chosen = choose(settings, *selection);
  if (!chosen) return complain(chosen.error());
  const auto& entries = chosen->entries;
  Tally tally(verb, *chosen);
  if (entries.empty() && chosen->status != 0)
    return options.json ? told(tally, true, chosen->status) : chosen->status;
  if (may_be_regretted(verb) && entries.size() > 1 && !options.yes) {
    const std::string what = intention(verb, entries);
    if (!somebody_to_ask())
      return complain({Error::Kind::usage, "to " + what + " takes --yes, or a terminal to ask at"});
    if (!confirmed(what + "?")) {
      tally.leave(entries.size());
      print(options.json ? tally.json() : "nothing was done\n");
      return finished();
    }
  }
  Work work{verb, settings.control_socket(), std::move(*words), {}};
  for (const Found& entry : entries) work.ids.push_back(entry.id);
  const auto acted = act(work, tally);
  const int status = acted ? chosen->status : complain(acted.error());
  return !acted && tally.empty() && !options.json ? status : told(tally, options.json, status);
}

}  // namespace mailchute
