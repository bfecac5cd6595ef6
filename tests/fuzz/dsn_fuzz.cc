// SPDX-License-Identifier: GPL-3.0-or-later
// A notification about whatever users and servers have written (hostname, recipient, ORCPT, reply,
// server, sender in a line each, then the header that comes back): its own header fields and no
// others, three parts, lines that every mail server takes, and a report that is made of fields.
#include <string>

#include "fuzz/input.h"
#include "mail/dsn.h"
#include "mail/header.h"
#include "queue/format.h"

using namespace mailchute;

namespace {

// A boundary is random; what is written before it was chosen cannot hold it.
constexpr char kId[] = "7QJZX2VKD4MWBY9HRT3GNCF5PS";

std::string take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string line(text.substr(0, end));
  text.remove_prefix(std::min(text.size(), end + 1));
  return line;
}

void check_line(std::string_view line) {
  fuzz::require(line.size() <= 998);
  for (const char c : line) fuzz::require(c == '\t' || (c >= ' ' && c < 127));
}

void check_header(std::string_view head) {
  mail::HeaderReader reader;
  fuzz::require(reader.feed(head) && reader.ended());
  for (const mail::Field& field : reader.header().fields) {
    bool known = false;
    for (const std::string_view name :
         {"From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version",
          "Auto-Submitted", "Content-Language", "Content-Type", "Content-Transfer-Encoding"})
      known = known || field.name() == name;
    fuzz::require(known);
  }
  for (const std::string_view name : {"From", "To", "Subject", "Date", "Message-ID", "Content-Type"})
    fuzz::require(std::ranges::count_if(reader.header().fields, [name](const mail::Field& field) {
                    return field.is(name);
                  }) == 1);
}

// Groups of fields between blank lines: one about the message, one a recipient.
void check_status(std::string_view part, std::size_t recipients) {
  std::size_t groups = 0;
  part.remove_prefix(part.find("\n\n") + 2);
  while (!part.empty()) {
    const std::size_t end = std::min(part.find("\n\n"), part.size());
    std::string_view group = part.substr(0, end);
    part.remove_prefix(std::min(part.size(), end + 2));
    if (!group.empty()) ++groups;
    for (const auto line : split(group, '\n'))
      fuzz::require(line.empty() || line[0] == ' ' || line.find(": ") != line.npos);
  }
  fuzz::require(groups == recipients + 1);
}

void check_dsn(const mail::Dsn& dsn, std::size_t recipients) {
  for (const auto line : split(dsn.head, '\n')) check_line(line);
  check_header(dsn.head);
  const std::string delimiter = std::string("\n--=_") + kId;
  std::vector<std::size_t> parts;
  for (auto at = dsn.head.find(delimiter); at != dsn.head.npos; at = dsn.head.find(delimiter, at + 1))
    parts.push_back(at);
  fuzz::require(parts.size() == 3 && dsn.tail == delimiter + "--\n");
  const std::string_view head = dsn.head;
  check_status(head.substr(parts[1], parts[2] - parts[1]), recipients);
}

// More than the text lists, of one fate and of different ones.
void add_another(mail::DsnReport& report, int i) {
  mail::DsnRecipient recipient = report.recipients.back();
  recipient.cause = mail::DsnCause::reply;
  if (i % 2 == 0) recipient.reply = "450 " + std::to_string(i / 4);
  recipient.action = static_cast<mail::DsnAction>(i / 15 % 4);
  report.recipients.push_back(recipient);
}

mail::DsnReport report_of(unsigned bits, std::string_view& text) {
  mail::DsnReport report;
  mail::DsnRecipient recipient;
  report.hostname = take_line(text).substr(0, 253);  // config takes no longer one
  report.queue_id = kId;
  recipient.address = take_line(text);
  recipient.original = take_line(text);
  recipient.reply = take_line(text);
  recipient.remote_mta = take_line(text);
  report.to = take_line(text);
  recipient.action = static_cast<mail::DsnAction>(bits % 4);
  recipient.cause = static_cast<mail::DsnCause>(bits / 4 % 6);
  if ((bits & 16) != 0) recipient.last_attempt = recipient.retry_until = Time();
  report.recipients.push_back(recipient);
  recipient.address = "b@x";
  if ((bits & 32) != 0) report.recipients.push_back(recipient);
  for (int i = 0; (bits & 192) == 192 && i < 60; ++i) add_another(report, i);
  report.original.queue_id = "ID";
  report.original.envelope_id = "env+20id";
  report.original.ret = static_cast<mail::Return>(bits / 64 % 3);
  report.original.header = text;
  report.original.size = text.size();
  return report;
}

// What can be in the queue at all.
bool possible(const mail::DsnReport& report) {
  mail::Envelope envelope;
  envelope.reverse_path = report.to;
  for (const auto& recipient : report.recipients)
    envelope.recipients.push_back({recipient.address, recipient.original, {}});
  // What is no address may be anything.
  const auto& first = report.recipients.front();
  if (first.cause == mail::DsnCause::no_address) envelope.recipients.front() = {"a@b", first.original, {}};
  return !report.to.empty() && queue::check_envelope(envelope);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned bits = input.octet();
  std::string_view text = input.rest();
  if (text.find(kId) != text.npos) return 0;
  const mail::DsnReport report = report_of(bits, text);
  if (possible(report)) check_dsn(mail::compose_dsn(report), report.recipients.size());
  return 0;
}
