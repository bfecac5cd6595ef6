// SPDX-License-Identifier: GPL-3.0-or-later
// `mailchute queue export`: messages out of the queue, which they stay in. What was written is
// whole, and synced; nothing that is there already is overwritten.
#pragma once

#include <string>

#include "mailchute/queue_selection.h"

namespace mailchute {

struct ExportOptions {
  SelectionOptions selection;
  bool message_only = false;            // RFC 822, without the queue's fields
  std::string output, folder, maildir;  // at most one; none: standard output
  bool json = false;
};

int export_messages(const std::string& config_file, const ExportOptions& options);

}  // namespace mailchute
