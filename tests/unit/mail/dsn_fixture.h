// SPDX-License-Identifier: GPL-3.0-or-later
// A notification of one refused recipient, for tests to change.
#pragma once

#include "mail/dsn.h"

namespace mailchute::mail {

inline constexpr std::string_view kOriginalHeader =
    "From: Ann <ann@example.org>\n"
    "Subject: Disk full\n"
    "Message-ID: <1@box.example.org>\n";

inline DsnRecipient unknown_user() {
  DsnRecipient recipient;
  recipient.address = "who@example.net";
  recipient.reply = "550 5.1.1 who?";
  recipient.remote_mta = "mail.example.org";
  recipient.last_attempt = Time(Seconds(1795385821));
  return recipient;
}

inline DsnReport report_of(std::vector<DsnRecipient> recipients) {
  DsnReport report;
  report.hostname = "box.example.org";
  report.queue_id = "7NEW";
  report.to = "ann@example.org";
  report.now = Time(Seconds(1795385822));
  report.utc_offset = 3600;
  report.original.queue_id = "7OLD";
  report.original.arrival = Time(Seconds(1795385820));
  report.original.header = kOriginalHeader;
  report.original.size = 500;
  report.original.longest_line = 70;
  report.recipients = std::move(recipients);
  return report;
}

}  // namespace mailchute::mail
