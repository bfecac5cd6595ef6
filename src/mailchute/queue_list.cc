// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/queue_list.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <utility>

#include "base/text.h"
#include "mail/plain_text.h"
#include "mailchute/command.h"
#include "mailchute/json.h"
#include "mailchute/words.h"
#include "queue/queue_id.h"
#include "sys/clock.h"

namespace mailchute {
namespace {

using queue::Listed;
using queue::Place;
using queue::RecipientStatus;

// The beginning of an id is enough for every command: fifty bits are not met twice in one queue.
constexpr std::size_t kShortId = 10;
constexpr std::size_t kIndent = 4;
constexpr std::size_t kNarrowest = 40;  // terminal

std::string sender_of(const Listed& entry) {
  return entry.sender.empty() ? "<>" : shown(entry.sender);
}

// Those that the message has still to reach first: "ops@example.org +2, 1 done".
std::string recipients_of(const Listed& entry) {
  const auto is_done = [](const Listed::Recipient& one) {
    return one.status == RecipientStatus::done;
  };
  const auto first = std::find_if_not(entry.recipients.begin(), entry.recipients.end(), is_done);
  const auto done = std::count_if(entry.recipients.begin(), entry.recipients.end(), is_done);
  const auto left = static_cast<std::ptrdiff_t>(entry.recipients.size()) - done;
  std::string text = first == entry.recipients.end() ? "-" : shown(first->address);
  if (left > 1) text += " +" + std::to_string(left - 1);
  if (done > 0) text += ", " + std::to_string(done) + " done";
  return text;
}

}  // namespace

std::string reason_of(const Listed& entry, Time now) {
  std::string text = shown(entry.info.reason);
  const auto add = [&text](const std::string& more) {
    text.append(text.empty() ? "" : "; ").append(more);
  };
  for (const auto& recipient : entry.recipients) {
    if (recipient.status != RecipientStatus::failed) continue;
    add(shown(recipient.address) + ": " +
        (recipient.reply.empty() ? "refused" : shown(recipient.reply)));
    break;
  }
  const bool doubtful =
      std::any_of(entry.recipients.begin(), entry.recipients.end(), [](const auto& recipient) {
        return recipient.status == RecipientStatus::possibly_delivered;
      });
  if (doubtful) add("possibly delivered already");
  if (entry.place == Place::waiting && entry.info.next_try > now) {
    add("next try in " + short_age(now, entry.info.next_try));
  }
  return text;
}

// id, state, age, size, sender, recipients
Table::Table(std::optional<std::size_t> width, Time now)
    : width_(width),
      now_(now),
      id_width_(width ? kShortId : queue::kQueueIdLength),
      sender_width_(width ? (std::max(*width, 60UL) - 36) / 2 : 24) {
  if (width_) width_ = std::max(*width_, kNarrowest);
}

std::string Table::cut(const std::string& line) const {
  return (width_ ? mail::shortened(line, *width_) : line) + "\n";
}

std::string Table::header() const {
  return cut(in_column("QUEUE ID", id_width_, true) + "  STATE      AGE    SIZE  " +
             in_column("SENDER", sender_width_, false) + "  RECIPIENTS");
}

std::string Table::add(const Listed& entry) {
  std::string out = entries_ == 0 ? header() : "";
  ++entries_;
  ++counts_[entry.place];
  if (entry.place != Place::failed) ++requests_;
  octets_ += entry.size;
  oldest_ = std::min(oldest_.value_or(entry.time), entry.time);

  const std::string age = short_age(entry.time, now_), size = short_size(entry.size);
  std::string line = in_column(std::string_view(entry.id).substr(0, id_width_), id_width_, false);
  line += "  " + in_column(queue::name_of(entry.place), 8, false);
  line += "  " + std::string(4 - std::min<std::size_t>(age.size(), 4), ' ') + age;
  line += "  " + std::string(6 - std::min<std::size_t>(size.size(), 6), ' ') + size;
  line += "  " + in_column(sender_of(entry), sender_width_, width_.has_value()) + "  " +
          recipients_of(entry);
  out += cut(line);
  const std::string reason = reason_of(entry, now_);
  if (!reason.empty()) out += cut(std::string(kIndent, ' ') + reason);
  return out;
}

std::string Table::summary() const {
  std::string states;
  for (const auto& [place, count] : counts_) {
    states += (states.empty() ? "" : ", ") + std::to_string(count) + " " +
              std::string(queue::name_of(place));
  }
  return std::to_string(entries_) + (entries_ == 1 ? " message (" : " messages (") + states +
         "), " + short_size(octets_) + " octets, oldest " + short_age(*oldest_, now_);
}

std::string Table::end(const queue::Totals& totals, bool everything_wanted) {
  std::string out = entries_ > 0        ? "\n" + summary()
                    : everything_wanted ? "no messages"
                                        : "no message is like that";
  if (everything_wanted && totals.requests > requests_) {
    out += "; other users have " + std::to_string(totals.requests - requests_);
  }
  return out + "\n";
}

std::string JsonList::add(const Listed& entry) {
  return std::string(std::exchange(empty_, false) ? "{\"entries\": [\n  " : ",\n  ") +
         json_of(entry, now_);
}

std::string JsonList::end(const queue::Totals& totals) {
  return std::string(empty_ ? "{\"entries\": [" : "\n") +
         "], \"queue\": {\"messages\": " + std::to_string(totals.requests) +
         ", \"octets\": " + std::to_string(totals.octets) + "}}\n";
}

int list_queue(const std::string& config_file, const ListOptions& options) {
  const Time now = sys::now();
  Table table(terminal_width(STDOUT_FILENO), now);
  JsonList json(now);
  const auto selection = selection_of(options.selection, now, true);
  if (!selection) return complain(selection.error());
  const auto totals = each_entry(settings_of(config_file), *selection, [&](const Listed& entry) {
    print(options.json ? json.add(entry) : table.add(entry));
  });
  if (!totals) return complain(totals.error());
  const bool everything = selection->empty();
  print(options.json ? json.end(*totals) : table.end(*totals, everything));
  return finished();
}

}  // namespace mailchute
