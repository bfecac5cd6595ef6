// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/submission.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <set>
#include <span>
#include <utility>

#include "base/text.h"
#include "mail/address_field.h"
#include "mail/date.h"
#include "mail/display_name.h"
#include "mail/message_id.h"
#include "mail/received.h"
#include "mail/resent.h"

namespace mailchute::mail {
namespace {

bool is_one_of(const Field& field, std::string_view prefix,
               std::initializer_list<std::string_view> names) {
  std::string_view name = field.name();
  if (!starts_with_ignoring_case(name, prefix)) return false;
  name.remove_prefix(prefix.size());
  return std::any_of(names.begin(), names.end(),
                     [name](std::string_view other) { return equal_ignoring_case(name, other); });
}

bool is_removed(const Field& field) {
  return is_one_of(field, "", {"Bcc", "Resent-Bcc", "Return-Path"});
}

bool holds_addresses(const Field& field) {
  for (const std::string_view prefix : {std::string_view(), kResent}) {
    if (is_one_of(field, prefix, {"From", "Sender", "Reply-To", "To", "Cc"})) return true;
  }
  return false;
}

// The field with every bare name qualified, as far as lines can hold that.
std::string mended(const Field& field, std::string_view domain) {
  if (!holds_addresses(field)) return field.raw;
  return readdressed(field, domain, [](const Address& address) { return address.bare(); })
      .value_or(field.raw);
}

// The fields that say who sends the message this time, and when: Resent- ones where there are any.
struct Block {
  std::string_view prefix;
  std::span<const Field> fields;
  std::size_t insert_at;  // where missing fields go

  explicit Block(const Header& header) {
    const ResentBlock resent = first_resent_block(header);
    const std::span<const Field> all(header.fields);
    prefix = resent.empty() ? std::string_view() : kResent;
    fields = resent.empty() ? all : all.subspan(resent.begin, resent.end - resent.begin);
    insert_at = resent.empty() ? all.size() : resent.begin;
  }

  bool has(std::string_view name) const {
    return std::any_of(fields.begin(), fields.end(),
                       [&](const Field& field) { return is_one_of(field, prefix, {name}); });
  }
};

// Gathers recipients, each mailbox once.
class Recipients {
 public:
  Recipients(const Request& request, std::string_view machine)
      : request_(request), machine_(machine) {}

  void add(std::string_view text) {
    AddressList list = parse_address_list(text);
    for (ListedAddress& listed : list.addresses) add(std::move(listed.address));
    std::move(list.bad.begin(), list.bad.end(), std::back_inserter(bad));
  }

  std::vector<Recipient> good;
  std::vector<BadAddress> bad;

 private:
  void add(Address address) {
    const std::string written = address.text();
    const Address whole = qualified(std::move(address), machine_);
    if (auto checked = check(whole); !checked) {
      bad.push_back(BadAddress{written, checked.error().text});
    } else if (seen_.insert(mailbox_key(whole)).second) {
      good.push_back(Recipient{whole.text(), "", request_.notify});
    }
  }

  const Request& request_;
  std::string_view machine_;
  std::set<std::string> seen_;
};

Recipients gather(const Block& block, const Request& request, std::string_view machine) {
  Recipients recipients(request, machine);
  for (const std::string& argument : request.recipients) {
    if (trim(argument).empty()) {
      recipients.bad.push_back(BadAddress{argument, "empty address"});
    } else {
      recipients.add(argument);
    }
  }
  if (!request.recipients_from_header) return recipients;
  for (const Field& field : block.fields) {
    if (is_one_of(field, block.prefix, {"To", "Cc", "Bcc"})) recipients.add(field.body());
  }
  return recipients;
}

Error no_recipient(const Request& request, const std::vector<BadAddress>& bad) {
  if (!bad.empty()) {
    return {Error::Kind::data,
            "no usable recipient: '" + escaped(bad.front().text) + "': " + bad.front().reason};
  }
  return {Error::Kind::data,
          request.recipients_from_header
              ? "no recipients: none on the command line, none in the header"
              : "no recipients: name them on the command line, or use -t to take them from the "
                "header"};
}

// `domain` is what a bare name gets.
Result<std::string> reverse_path(const Request& request, const Surroundings& at,
                                 std::string_view domain) {
  const std::string sender = request.reverse_path.value_or(Address{at.login, ""}.text());
  auto path = parse_reverse_path(sender, domain);
  if (path) return path;
  return failure(Error::Kind::data, "sender '" + escaped(sender) + "': " + path.error().text);
}

// Mail with the null reverse-path comes from the mail system itself unless it says otherwise. An
// address that no line can hold stays in the envelope.
NamedAddress author(const Request& request, const Surroundings& at, const std::string& path) {
  const std::string own = qualified({at.login, ""}, at.domain).text();
  const std::string& shown = path.size() > kMaxAddressInField ? own : path;
  const std::string& of_account = path == own ? at.gecos_name : std::string();
  return {format_display_name(request.full_name.value_or(of_account)),
          path.empty() ? qualified({"MAILER-DAEMON", ""}, at.domain).text() : shown};
}

std::string missing_fields(const Block& block, const Request& request, const Surroundings& at,
                           const std::string& path) {
  std::string fields;
  const auto name = [&](std::string_view field) { return std::string(block.prefix).append(field); };
  if (!block.has("Date")) fields += name("Date: ") + format_date(at.now, at.utc_offset) + "\n";
  if (!block.has("From")) fields += address_field(name("From"), {author(request, at, path)});
  if (!block.has("Message-ID")) {
    fields += name("Message-ID: ") + make_message_id(at.now, at.queue_id, at.hostname) + "\n";
  }
  return fields;
}

std::string received(const Surroundings& at, const std::vector<Recipient>& recipients,
                     std::string_view protocol) {
  return format_received(Trace{
      .hostname = at.hostname,
      .client = at.client,
      .uid = at.uid,
      .protocol = protocol,
      .queue_id = at.queue_id,
      .only_recipient = recipients.size() == 1 ? recipients.front().address : std::string_view(),
      .time = at.now,
      .utc_offset = at.utc_offset,
  });
}

std::string mended_header(const Header& header, const Block& block, const std::string& missing,
                          std::string_view domain) {
  std::string text;
  for (std::size_t i = 0; i < header.fields.size(); ++i) {
    if (i == block.insert_at) text += missing;
    if (!is_removed(header.fields[i])) text += mended(header.fields[i], domain);
  }
  if (block.insert_at == header.fields.size()) text += missing;
  return text + "\n";
}

Envelope envelope_of(std::string path, std::vector<Recipient> recipients, const Request& request,
                     const Surroundings& at) {
  Envelope envelope;
  envelope.reverse_path = std::move(path);
  envelope.recipients = std::move(recipients);
  envelope.body = request.body;
  envelope.ret = request.ret;
  envelope.envelope_id = request.envelope_id;
  envelope.uid = at.uid;
  envelope.time = at.now;
  envelope.wait_for_queue_run = request.wait_for_queue_run;
  return envelope;
}

// What passed check() has an "@" before its domain and maybe in a quoted local-part.
std::string qualified_path(std::string path, std::string_view domain) {
  const bool bare = path.ends_with('"') || path.find('@') == std::string::npos;
  if (bare && !path.empty()) path.append("@").append(domain);
  return path;
}

std::vector<Recipient> each_once(std::vector<Recipient> recipients, std::string_view domain) {
  std::set<std::string> seen;
  std::erase_if(recipients, [&](Recipient& recipient) {
    recipient.address = qualified_path(std::move(recipient.address), domain);
    const std::size_t at = recipient.address.rfind('@');
    return !seen.insert(recipient.address.substr(0, at) + to_lower(recipient.address.substr(at)))
                .second;
  });
  return recipients;
}

}  // namespace

bool needs_login(const Header& header, const Request& request) {
  if (!request.reverse_path) return true;
  return !request.full_name && !Block(header).has("From");
}

Result<Submission> prepare(const Header& header, const Request& request,
                           const Surroundings& surroundings) {
  const std::string machine = safe_domain(surroundings.hostname);
  auto path = reverse_path(request, surroundings, machine);
  if (!path) return failure(path.error());
  const auto author_path = reverse_path(request, surroundings, surroundings.domain);
  if (!author_path) return failure(author_path.error());
  const Block block(header);
  Recipients recipients = gather(block, request, machine);
  if (recipients.good.empty()) return failure(no_recipient(request, recipients.bad));
  std::string text = received(surroundings, recipients.good, kLocal);
  text += mended_header(header, block, missing_fields(block, request, surroundings, *author_path),
                        surroundings.domain);
  return Submission{
      envelope_of(std::move(*path), std::move(recipients.good), request, surroundings),
      std::move(text), std::move(recipients.bad)};
}

Submission prepare(const Header& header, Envelope envelope, std::string_view protocol,
                   const Surroundings& surroundings) {
  const std::string machine = safe_domain(surroundings.hostname);
  const std::string author_path = qualified_path(envelope.reverse_path, surroundings.domain);
  envelope.reverse_path = qualified_path(std::move(envelope.reverse_path), machine);
  envelope.recipients = each_once(std::move(envelope.recipients), machine);
  envelope.uid = surroundings.uid;
  envelope.time = surroundings.now;
  const Block block(header);
  std::string text = received(surroundings, envelope.recipients, protocol);
  text += mended_header(header, block, missing_fields(block, {}, surroundings, author_path),
                        surroundings.domain);
  return {std::move(envelope), std::move(text), {}};
}

}  // namespace mailchute::mail
