// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/listing.h"

#include <algorithm>
#include <ctime>
#include <limits>
#include <map>
#include <optional>

#include "base/text.h"
#include "queue/queue_id.h"
#include "queue/view.h"

namespace mailchute::queue {
namespace {

constexpr std::string_view kPlaceNames[] = {"incoming", "active", "waiting", "held", "failed"};
constexpr std::size_t kFixedFields = 10;
constexpr std::size_t kRecipientFields = 3;
constexpr std::size_t kMaxLine = 2 * kMaxHead;

std::optional<RecipientStatus> parse_status(std::string_view octet) {
  if (octet.size() != 1 || octet.find_first_not_of("-?+!~") == 0) return std::nullopt;
  return static_cast<RecipientStatus>(octet[0]);
}

// The fields of a line in turn; says at the end whether each was what it should be.
class FieldReader {
 public:
  explicit FieldReader(std::string_view line) : fields_(split(line, '\t')) {}
  std::size_t left() const { return fields_.size() - next_; }
  bool good() const { return good_; }

  std::string text() {
    auto value = unescaped(raw());
    return keep(std::move(value));
  }
  std::uint64_t number(std::uint64_t most) {
    auto value = parse_number(raw());
    if (value && *value > most) value.reset();
    return keep(value);
  }
  Time time() { return keep(parse_time(raw())); }
  Place place() { return keep(parse_place(raw())); }
  RecipientStatus status() { return keep(parse_status(raw())); }

 private:
  std::string_view raw() { return left() > 0 ? fields_[next_++] : std::string_view("\\"); }
  template <class T>
  T keep(std::optional<T> value) {
    good_ = good_ && value.has_value();
    return value ? std::move(*value) : T();
  }
  std::vector<std::string_view> fields_;
  std::size_t next_ = 0;
  bool good_ = true;
};

// --- Postfix's shape

constexpr std::size_t kRecipientColumn = 41;
constexpr std::size_t kReasonEnd = 76;

std::string pad_left(std::string text, std::size_t width) {
  return text.insert(0, width - std::min(width, text.size()), ' ');
}

// As ctime(3) without the year: "Fri Jul  2 14:39:01".
std::string format_arrival(Time time, int utc_offset) {
  // Not through system_clock, whose nanoseconds end in the year 2262.
  const std::time_t local =
      std::chrono::floor<Seconds>(time).time_since_epoch().count() + utc_offset;
  std::tm fields{};
  char text[32];
  if (::gmtime_r(&local, &fields) == nullptr) return "Thu Jan  1 00:00:00";
  return {text, std::strftime(text, sizeof text, "%a %b %e %H:%M:%S", &fields)};
}

std::string reason_line(std::string_view reason) {
  return pad_left("(" + escaped(reason) + ")", kReasonEnd) + "\n";
}

std::string retry_reason(const Listed& listed, Time now) {
  std::string reason = listed.info.reason;
  if (listed.place == Place::waiting && listed.info.next_try > now) {
    const auto wait = std::chrono::ceil<Seconds>(listed.info.next_try - now).count();
    reason.append(reason.empty() ? "" : "; ").append("next try in ");
    reason.append(format_seconds(static_cast<std::uint64_t>(wait)));
  }
  return reason;
}

// The recipients of one status, after the reason they share.
std::string recipient_lines(const Listed& listed, RecipientStatus status, std::string reason) {
  std::string out;
  for (const auto& recipient : listed.recipients) {
    if (recipient.status != status) continue;
    const std::string& own = recipient.reply.empty() ? reason : recipient.reply;
    if (!own.empty()) out += reason_line(own);
    if (recipient.reply.empty()) reason.clear();
    out += std::string(kRecipientColumn, ' ') + escaped(recipient.address) + "\n";
  }
  return out;
}

std::string format_block(const Listed& listed, Time now, int utc_offset) {
  const char* mark = listed.place == Place::active ? "*" : listed.place == Place::held ? "!" : " ";
  std::string out = listed.id + mark;
  out += " " + pad_left(std::to_string(listed.size), 8);
  out += " " + format_arrival(listed.time, utc_offset);
  out += "  " + (listed.sender.empty() ? "MAILER-DAEMON" : escaped(listed.sender)) + "\n";
  const auto reason = retry_reason(listed, now);
  if (listed.recipients.empty()) out += reason_line(reason);
  out += recipient_lines(listed, RecipientStatus::to_do, reason);
  out += recipient_lines(listed, RecipientStatus::possibly_delivered,
                         "possibly delivered already" + (reason.empty() ? "" : "; " + reason));
  out += recipient_lines(listed, RecipientStatus::failed, "refused");
  return out;
}

}  // namespace

std::string_view name_of(Place place) { return kPlaceNames[static_cast<std::size_t>(place)]; }

std::optional<Place> parse_place(std::string_view name) {
  const auto* found = std::find(std::begin(kPlaceNames), std::end(kPlaceNames), name);
  if (found == std::end(kPlaceNames)) return std::nullopt;
  return static_cast<Place>(found - std::begin(kPlaceNames));
}

std::string format_listed(const Listed& listed) {
  std::string out;
  const auto add = [&out](std::string_view text) { out.append(text).append("\t"); };
  add(escaped(listed.id));
  add(name_of(listed.place));
  add(format_time(listed.time));
  add(std::to_string(listed.size));
  add(std::to_string(listed.uid));
  add(escaped(listed.sender));
  add(std::to_string(listed.info.attempts));
  add(format_time(listed.info.last_attempt));
  add(format_time(listed.info.next_try));
  add(escaped(listed.info.reason));
  for (const auto& [address, status, reply] : listed.recipients) {
    add(std::string(1, static_cast<char>(status)));
    add(escaped(address));
    add(escaped(reply));
  }
  out.pop_back();
  return out;
}

Result<Listed> parse_listed(std::string_view line) {
  const auto malformed = [] {
    return failure(Error::Kind::protocol, "malformed line about an entry of the queue");
  };
  if (line.size() > kMaxLine) return malformed();
  FieldReader fields(line);
  if (fields.left() < kFixedFields) return malformed();
  constexpr auto kAny32 = std::numeric_limits<std::uint32_t>::max();
  Listed listed;
  listed.id = fields.text();
  listed.place = fields.place();
  listed.time = fields.time();
  listed.size = fields.number(std::numeric_limits<std::uint64_t>::max());
  listed.uid = static_cast<std::uint32_t>(fields.number(kAny32));
  listed.sender = fields.text();
  listed.info.attempts = static_cast<unsigned>(fields.number(kAny32));
  listed.info.last_attempt = fields.time();
  listed.info.next_try = fields.time();
  listed.info.reason = fields.text();
  if (fields.left() > kMaxRecipients * kRecipientFields) return malformed();
  while (fields.good() && fields.left() > 0) {
    const auto status = fields.status();
    auto address = fields.text();
    listed.recipients.push_back({std::move(address), status, fields.text()});
  }
  if (!fields.good() || !is_queue_id(listed.id)) return malformed();
  return listed;
}

Result<std::vector<Listed>> list(const std::string& directory) {
  const auto view = View::open(directory);
  if (!view) return failure(view.error());
  std::map<std::string, Listed> found;
  for (const Place place : kPlaces) {
    auto names = view->names(place);
    if (!names && names.error().kind == Error::Kind::create) continue;  // not made yet
    if (!names) return failure(names.error());
    for (auto id = names->next(); !id.empty(); id = names->next()) {
      if (auto listed = view->read(id, place)) found.insert_or_assign(id, std::move(*listed));
    }
  }
  std::vector<Listed> all;
  for (auto& [id, listed] : found) all.push_back(std::move(listed));
  std::stable_sort(all.begin(), all.end(),
                   [](const Listed& a, const Listed& b) { return a.time < b.time; });
  return all;
}

std::string format_mailq(const std::vector<Listed>& shown, std::uint64_t requests,
                         std::uint64_t octets, Time now, int utc_offset) {
  if (requests == 0) return "Mail queue is empty\n";
  std::string out;
  for (const auto& listed : shown) {
    if (listed.place == Place::failed) continue;
    if (out.empty()) out = "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n";
    out += format_block(listed, now, utc_offset) + "\n";
  }
  return out + "-- " + std::to_string(octets / 1024) + " Kbytes in " + std::to_string(requests) +
         (requests == 1 ? " Request.\n" : " Requests.\n");
}

}  // namespace mailchute::queue
