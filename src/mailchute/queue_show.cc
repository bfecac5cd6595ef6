// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/queue_show.h"

#include "base/text.h"
#include "mail/encoded_word.h"
#include "mail/envelope_words.h"
#include "mailchute/command.h"
#include "mailchute/json.h"
#include "mailchute/words.h"
#include "queue/control.h"
#include "queue/queue_id.h"
#include "queue/view.h"
#include "sys/clock.h"

namespace mailchute {
namespace {

using queue::Place;
using queue::RecipientStatus;

std::string time_and_age(Time time, Time now) {
  return local_time(time) + (time > now ? " (in " + short_age(now, time) + ")"
                                        : " (" + short_age(time, now) + " ago)");
}

std::string words_for(Place place) {
  switch (place) {
    case Place::incoming: return "incoming: not yet seen by mailchuted";
    case Place::active: return "active: being sent";
    case Place::waiting: return "waiting";
    case Place::held: return "held until an administrator says mailchute queue release";
    case Place::failed: return "failed: a dead letter, kept for an administrator";
  }
  return {};
}

std::string words_for(const queue::Listed::Recipient& recipient) {
  switch (recipient.status) {
    case RecipientStatus::to_do:
      return recipient.reply.empty() ? "to do"
                                     : "no address, as the sender will be told: " + recipient.reply;
    case RecipientStatus::possibly_delivered: return "to do; possibly delivered already";
    case RecipientStatus::done: return "done";
    case RecipientStatus::failed:
      return "failed: " + (recipient.reply.empty() ? "refused" : recipient.reply);
    case RecipientStatus::relayed: return "done, as the sender will be told";
  }
  return {};
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

// What the sender wishes to hear of this recipient.
std::string wishes_of(const mail::Recipient& recipient) {
  std::string text;
  if (const auto notify = mail::notify_words(recipient.notify); !notify.empty())
    text += " NOTIFY=" + notify;
  if (!recipient.original.empty()) text += " ORCPT=" + recipient.original;
  return text;
}

class Sheet {
 public:
  void line(std::string_view name, const std::string& value) {
    if (!value.empty()) text += in_column(name, 13, false) + shown(value) + "\n";
  }
  std::string text;
};

void add_life(Sheet& sheet, const queue::Listed& entry, Time now) {
  sheet.line("state", words_for(entry.place));
  sheet.line("reason", entry.info.reason);
  if (entry.info.attempts > 0) sheet.line("attempts", std::to_string(entry.info.attempts));
  if (entry.info.last_attempt != Time())
    sheet.line("last attempt", time_and_age(entry.info.last_attempt, now));
  if (entry.info.next_try > now) sheet.line("next try", time_and_age(entry.info.next_try, now));
}

void add_envelope(Sheet& sheet, const mail::Envelope& envelope, std::uint32_t owner) {
  if (envelope.uid != owner)
    sheet.line("submitted by", "uid " + std::to_string(envelope.uid) + ", as its sendmail says");
  sheet.line("body", std::string(mail::body_word(envelope.body)));
  sheet.line("return", std::string(mail::return_word(envelope.ret)));
  sheet.line("envelope id", envelope.envelope_id);
  if (envelope.wait_for_queue_run) sheet.line("first try", "with the next queue run");
}

std::string readable(const std::string& field) {
  return mail::decode_unstructured(field).value_or(field);
}

void add_recipients(Sheet& sheet, const queue::Details& details) {
  const auto& recipients = details.listed.recipients;
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    sheet.line("recipient", recipients[i].address);
    sheet.line("", words_for(recipients[i]) +
                       (details.envelope ? wishes_of(details.envelope->recipients[i]) : ""));
  }
}

std::string upper(std::string id) {
  for (char& c : id) c = is_alpha(c) ? static_cast<char>(c & ~32) : c;
  return id;
}

// With the daemon down, for who may read the folders.
Result<queue::Details> read_from_folders(const std::string& directory, const std::string& word) {
  const auto view = queue::View::open(directory);
  if (!view) return failure(view.error());
  std::vector<std::string> found;
  for (const Place place : queue::kPlaces) {
    auto names = view->names(place);
    if (!names && names.error().kind == Error::Kind::create) continue;
    if (!names) return failure(names.error());
    for (auto name = names->next(); !name.empty(); name = names->next()) {
      if (queue::is_queue_id(name) && name.starts_with(upper(word))) found.push_back(name);
    }
  }
  if (found.size() > 1) {
    return failure(Error::Kind::rejected,
                   "more than one entry begins with " + word + ": " + joined(found));
  }
  auto details =
      found.empty() ? std::nullopt : queue::read_details(*view, directory, found.front());
  if (!details) return failure(Error::Kind::rejected, "no entry " + word + " in the queue");
  return std::move(*details);
}

Result<queue::Details> find(const config::Settings& settings, const std::string& id) {
  auto details = queue::ask_for_details(settings.control_socket(), id);
  if (details || details.error().kind != Error::Kind::temporary) return details;
  auto read = read_from_folders(settings.queue_directory, id);
  if (!read && read.error().kind != Error::Kind::rejected) return details;
  note_reading(settings.queue_directory, details.error());
  return read;
}

}  // namespace

std::string format_details(const queue::Details& details, Time now) {
  const queue::Listed& entry = details.listed;
  Sheet sheet;
  sheet.line("queue id", entry.id);
  add_life(sheet, entry, now);
  sheet.line("arrived", time_and_age(entry.time, now));
  sheet.line("owner", user_name(entry.uid) + " (uid " + std::to_string(entry.uid) + ")");
  sheet.line("size", std::to_string(entry.size) + " octets");
  sheet.line("file", details.path);
  sheet.line("From", readable(details.from));
  sheet.line("Subject", readable(details.subject));
  sheet.line("Message-ID", details.message_id);
  if (details.envelope) {
    sheet.line("sender", entry.sender.empty() ? "<>" : entry.sender);
    add_envelope(sheet, *details.envelope, entry.uid);
  }
  add_recipients(sheet, details);
  return sheet.text;
}

int show_message(const std::string& config_file, const std::string& id, bool json) {
  const auto details = find(settings_of(config_file), id);
  if (!details) return complain(details.error());
  const Time now = sys::now();
  print(json ? json_of(*details, now) : format_details(*details, now));
  return finished();
}

}  // namespace mailchute
