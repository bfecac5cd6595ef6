// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/details.h"

#include <algorithm>

#include "base/text.h"
#include "mail/header.h"
#include "queue/layout.h"
#include "sys/file.h"

namespace mailchute::queue {
namespace {

// Where a header field that people want to see stands later, they do without; longer ones are cut.
constexpr std::size_t kLookedAt = 64 << 10;
constexpr std::size_t kMaxField = 2000;

struct NamedField {
  std::string_view name;
  std::string_view key;
  std::string Details::*member;
};
constexpr NamedField kFields[] = {{"From", "from", &Details::from},
                                  {"Subject", "subject", &Details::subject},
                                  {"Message-ID", "message_id", &Details::message_id}};

std::string start_of_message(int fd, std::uint64_t offset, const std::string& id) {
  std::string start(kLookedAt, '\0');
  std::size_t have = 0;
  while (have < start.size()) {
    const auto n = sys::read_some_at(fd, std::span(start).subspan(have), offset + have, id);
    if (!n || *n == 0) break;
    have += *n;
  }
  start.resize(have);
  return start;
}

// One line: RFC 5322, 2.2.3.
std::string unfolded(std::string_view body) {
  std::string line(trim(body));
  std::erase_if(line, [](char c) { return c == '\n' || c == '\r'; });
  line.resize(std::min(line.size(), kMaxField));
  return line;
}

void take_fields(Details& details, std::string_view message) {
  mail::HeaderReader reader;
  if (!reader.feed(message)) return;
  reader.finish();
  for (const mail::Field& field : reader.header().fields) {
    for (const NamedField& wanted : kFields) {
      std::string& value = details.*wanted.member;
      if (value.empty() && field.is(wanted.name)) value = unfolded(field.body());
    }
  }
}

tl::unexpected<Error> malformed() {
  return failure(Error::Kind::protocol, "malformed lines about an entry of the queue");
}

Result<> take_line(Details& details, std::string_view key, std::string_view value, bool& listed) {
  if (key == "entry") {
    auto parsed = parse_listed(value);
    if (!parsed) return failure(parsed.error());
    details.listed = std::move(*parsed);
    listed = true;
    return {};
  }
  auto text = unescaped(value);
  if (!text) return malformed();
  if (key == "path") details.path = std::move(*text);
  else if (key == "envelope") {
    auto envelope = parse_envelope(*text);
    if (!envelope) return malformed();
    details.envelope = std::move(*envelope);
  } else {
    const auto* field = std::find_if(std::begin(kFields), std::end(kFields),
                                     [key](const NamedField& known) { return known.key == key; });
    if (field != std::end(kFields)) details.*field->member = std::move(*text);
  }
  return {};
}

}  // namespace

std::optional<Details> read_details(const View& view, const std::string& directory,
                                    const std::string& id) {
  auto whole = view.find_whole(id);
  if (!whole) return std::nullopt;
  Details details;
  details.listed = std::move(whole->listed);
  details.path = directory + "/" + folder_of(details.listed.place) + "/" + id;
  // Why it is held, or damaged, stands in the entry itself.
  RetryInfo info = view.info(id);
  if (!details.listed.info.reason.empty()) info.reason = std::move(details.listed.info.reason);
  details.listed.info = std::move(info);
  if (!whole->head) return details;
  const std::uint64_t offset = whole->head->message_offset;
  details.envelope = std::move(whole->head->envelope);
  take_fields(details, start_of_message(whole->file.get(), offset, id));
  return details;
}

std::vector<std::string> format_details(const Details& details) {
  std::vector<std::string> lines{"entry=" + format_listed(details.listed)};
  const auto add = [&lines](std::string_view key, std::string_view value) {
    if (!value.empty()) lines.push_back(std::string(key) + "=" + escaped(value));
  };
  add("path", details.path);
  if (details.envelope) add("envelope", format_envelope(*details.envelope));
  for (const NamedField& field : kFields) add(field.key, details.*field.member);
  return lines;
}

Result<Details> parse_details(std::span<const std::string> lines) {
  Details details;
  bool listed = false;
  for (const std::string_view line : lines) {
    const auto end = line.find('=');
    if (end == std::string_view::npos) return malformed();
    auto taken = take_line(details, line.substr(0, end), line.substr(end + 1), listed);
    if (!taken) return failure(taken.error());
  }
  if (!listed) return malformed();
  // Recipients are counted through in both.
  const bool same =
      !details.envelope || details.envelope->recipients.size() == details.listed.recipients.size();
  if (!same) return malformed();
  return details;
}

}  // namespace mailchute::queue
