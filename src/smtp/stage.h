// SPDX-License-Identifier: GPL-3.0-or-later
// The places in an SMTP conversation where a reply, a time limit or the loss of the connection can
// belong; in the order in which they come.
#pragma once

#include <string_view>

namespace mailchute::smtp {

enum class Stage {
  connect,
  greeting,
  ehlo,
  starttls,
  tls,
  auth,
  idle,  // between transactions, nothing is asked
  rset,
  mail,
  rcpt,
  data,
  message,  // the message and the reply to its final dot
  quit,
};

// As a person would name it: "greeting", "EHLO", "end of message".
std::string_view name_of(Stage stage);

}  // namespace mailchute::smtp
