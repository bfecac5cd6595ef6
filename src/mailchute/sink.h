// SPDX-License-Identifier: GPL-3.0-or-later
// `mailchute sink`: an SMTP server for tests and demonstrations. It takes every message for anybody
// and writes it to a Maildir, below Return-Path, one Delivered-To per recipient and Received. It is
// no mail server: nothing is synced to disk.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mailchute {

struct SinkOptions {
  std::string listen = "127.0.0.1:0";  // "ADDRESS:PORT", "[ADDRESS]:PORT"; port 0: any free one
  std::string maildir;
  std::string certificate_file;  // with a key: STARTTLS is offered
  std::string key_file;
  bool implicit_tls = false;  // TLS from the start instead
  std::string user;           // AUTH is required, over TLS if there is a certificate
  std::string password_file;
  std::string port_file;             // the port is written here
  std::vector<std::string> replies;  // SinkScript's rules
  std::vector<std::string> delays;
  std::vector<std::string> without;  // extensions that are not offered
  std::uint64_t count = 0;           // ends after so many messages; 0: never
};

// Until SIGTERM, SIGINT or the last of `count`: clients then have two seconds to finish, and after
// a signal they begin nothing more; a second signal ends it at once. Once clients can connect,
// "listening on ADDRESS:PORT" is printed; each message is a line on standard error. Returns the
// exit status.
int run_sink(const SinkOptions& options);

}  // namespace mailchute
