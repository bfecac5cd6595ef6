// SPDX-License-Identifier: GPL-3.0-or-later
#include "smtp/stage.h"

namespace mailchute::smtp {

std::string_view name_of(Stage stage) {
  switch (stage) {
    case Stage::connect: return "connect";
    case Stage::greeting: return "greeting";
    case Stage::ehlo: return "EHLO";
    case Stage::starttls: return "STARTTLS";
    case Stage::tls: return "TLS handshake";
    case Stage::auth: return "AUTH";
    case Stage::idle: return "idle connection";
    case Stage::rset: return "RSET";
    case Stage::mail: return "MAIL";
    case Stage::rcpt: return "RCPT";
    case Stage::data: return "DATA";
    case Stage::message: return "end of message";
    case Stage::quit: return "QUIT";
  }
  return "";
}

}  // namespace mailchute::smtp
