// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/likeness.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "mail/collection.h"
#include "mail/envelope_words.h"
#include "mail/mime_plan.h"

namespace mailchute::relay {
namespace {

constexpr std::size_t kMostRecipients = 20;  // alerts have few; a newsletter is none

bool attachable(const queue::MessageFacts& facts) {
  return !facts.nul && !facts.cr && facts.longest_line <= mail::kMaxLine;
}

bool ordinary(const mail::Recipient& recipient) {
  return recipient.defect.empty() && !recipient.notify.success;
}

bool fit(const queue::Entry& entry) {
  const auto& recipients = entry.envelope().recipients;
  return entry.progress().digest_of.empty() && entry.envelope().envelope_id.empty() &&
         entry.progress().status.find_first_not_of('-') == std::string::npos &&
         recipients.size() <= kMostRecipients &&
         std::all_of(recipients.begin(), recipients.end(), ordinary) && attachable(entry.facts());
}

// Runs of digits as one.
std::string without_digits(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_digit(c)) out += c;
    else if (out.empty() || out.back() != '0') out += '0';
  }
  return out;
}

// Each part with its length in front: no two lists read the same.
std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts)
    out.append(std::to_string(part.size())).append(":").append(part);
  return out;
}

// Users must not be able to make theirs like another's, so no mere checksum.
std::string digest_of(const std::string& text) {
  std::array<unsigned char, 16> hash;
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), nullptr, 0);
  return to_hex({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

}  // namespace

Result<std::optional<std::string>> likeness(const queue::Entry& entry, bool ignore_digits) {
  if (!fit(entry)) return std::optional<std::string>();
  queue::Entry::Reader reader(entry);
  const auto start = reader.next();  // has the header of anything that is an alert
  if (!start) return failure(start.error());
  const std::string subject = mail::plain_subject(*start);
  const mail::Envelope& envelope = entry.envelope();
  std::vector<std::string> recipients;
  for (const mail::Recipient& recipient : envelope.recipients) {
    recipients.push_back(
        joined({recipient.address, recipient.original, mail::notify_words(recipient.notify)}));
  }
  std::sort(recipients.begin(), recipients.end());
  return std::optional(
      digest_of(joined({std::to_string(entry.owner()), envelope.reverse_path,
                        std::string(mail::return_word(envelope.ret)), joined(recipients),
                        ignore_digits ? without_digits(subject) : subject})));
}

}  // namespace mailchute::relay
