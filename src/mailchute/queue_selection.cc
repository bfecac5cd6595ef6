// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/queue_selection.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "config/units.h"
#include "mailchute/command.h"

namespace mailchute {
namespace {

constexpr std::size_t kNamedAtMost = 5;  // of the ids that begin alike
// The daemon reads a request of 64 KiB.
constexpr std::size_t kMostIds = 2000;

tl::unexpected<Error> usage(std::string text) {
  return failure(Error::Kind::usage, std::move(text));
}

Result<std::optional<Time>> ago(const std::optional<std::string>& span, Time now) {
  if (!span) return std::optional<Time>();
  const auto seconds = config::parse_span(*span);
  if (!seconds || *seconds > 1000000000)
    return usage("\"" + *span + "\" is no span such as 30m, 4h or 5d");
  return std::optional<Time>(now - Seconds(*seconds));
}

queue::Place place_of(const std::string& state) {
  return state == "in-delivery" ? queue::Place::active
                                : queue::parse_place(state).value_or(queue::Place::active);
}

Error ambiguous(const std::string& word, const std::vector<const Found*>& found) {
  std::string text = "more than one entry begins with " + word + ":";
  for (std::size_t i = 0; i < std::min(found.size(), kNamedAtMost); ++i) text += " " + found[i]->id;
  return {Error::Kind::rejected, text + (found.size() > kNamedAtMost ? " and more" : "")};
}

Error none(const std::string& word, bool conditions) {
  return {Error::Kind::rejected, "no entry " + word + (conditions ? " that is like that" : "") +
                                     (::geteuid() == 0 ? " in the queue" : ", or not yours")};
}

}  // namespace

Result<queue::Selection> selection_of(const SelectionOptions& options, Time now,
                                      bool everything_by_default) {
  queue::Selection selection{
      options.ids, options.senders, options.recipients, options.reasons, {}, {}, {}};
  for (const std::string& state : options.states) selection.places.push_back(place_of(state));
  const auto before = ago(options.older, now), since = ago(options.newer, now);
  if (!before || !since) return failure(before ? since.error() : before.error());
  selection.before = *before;
  selection.since = *since;
  const auto& reasons = selection.reasons;
  if (std::find(reasons.begin(), reasons.end(), "") != reasons.end())
    return usage("--reason \"\": each has that in it");
  if (selection.ids.size() > kMostIds)
    return usage("more than " + std::to_string(kMostIds) + " ids at a time");
  if (options.all && !selection.ids.empty()) return usage("either ids, or --all");
  if (selection.empty() && !options.all && !everything_by_default) {
    return usage(
        "which messages? Name queue ids (mailchute queue list shows them), select some, or give "
        "--all");
  }
  if (auto selector = queue::Selector::of(selection); !selector) {
    const bool id = selector.error().text.find("queue id") != std::string::npos;
    return failure(id ? Error::Kind::rejected : Error::Kind::usage, selector.error().text);
  }
  return selection;
}

Result<queue::Totals> each_entry(const config::Settings& settings,
                                 const queue::Selection& selection,
                                 const std::function<void(const queue::Listed&)>& entry) {
  bool any = false;
  const auto one = [&](const queue::Listed& listed) {
    any = true;
    entry(listed);
  };
  auto totals = queue::ask_for_entries(settings.control_socket(), one, selection);
  if (totals || any || totals.error().kind != Error::Kind::temporary) return totals;
  const auto read = queue::read_list(settings.queue_directory);
  if (!read) return totals;
  note_reading(settings.queue_directory, totals.error());
  const auto selector = queue::Selector::of(selection);
  if (!selector) return failure(selector.error());
  for (const queue::Listed& listed : read->shown) {
    if (selector->matches(listed)) entry(listed);
  }
  return read->totals;
}

Result<Chosen> named(std::vector<Found> entries, const queue::Selection& selection) {
  Chosen chosen;
  queue::Selection conditions = selection;
  conditions.ids.clear();
  for (const std::string& word : selection.ids) {
    std::vector<const Found*> found;
    for (const auto& entry : entries) {
      if (entry.id.starts_with(queue::as_id(word))) found.push_back(&entry);
    }
    if (found.size() > 1) return failure(ambiguous(word, found));
    if (!found.empty()) continue;
    const Error error = none(word, !conditions.empty());
    chosen.missing.push_back({word, queue::Acted::What::refused, error.text});
    chosen.status = complain(error);
  }
  chosen.entries = std::move(entries);
  return chosen;
}

Result<Chosen> choose(const config::Settings& settings, const queue::Selection& selection) {
  std::vector<Found> entries;
  const auto listed = queue::ask_for_entries(
      settings.control_socket(), [&](const queue::Listed& entry) { entries.emplace_back(entry); },
      selection);
  if (!listed) return failure(listed.error());
  return named(std::move(entries), selection);
}

}  // namespace mailchute
