// SPDX-License-Identifier: GPL-3.0-or-later
// The configuration as plain checked values; load.h reads them from mailchute.conf. The default of
// each setting stands here and nowhere else, but for the places that configure chose (load.cc);
// mailchute.conf(5) describes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/endpoint.h"

namespace mailchute::config {

enum class Tls { starttls, implicit, none };
enum class AuthMechanism { any, plain, login };
// What smart_host.host names: a server, or a domain whose SRV (RFC 6186, 8314) or MX records name
// some.
enum class Lookup { address, srv, mx };
enum class LogTarget { automatic, syslog, standard_error };

// RFC 5321, 4.5.3.2
struct Timeouts {
  Seconds connect{30};
  Seconds greeting{300};
  Seconds command{300};  // EHLO, AUTH, RSET, MAIL, RCPT
  Seconds tls{60};
  Seconds data{120};     // until 354
  Seconds block{180};    // each piece of the message written
  Seconds message{600};  // reply to the final dot
  Seconds quit{5};
  Seconds resolve{20};
};

struct SmartHost {
  std::string name;        // in routes and in words; host unless set
  unsigned priority = 10;  // the lower the better
  unsigned weight = 1;     // among equals
  std::string host;
  Lookup lookup = Lookup::address;
  std::uint16_t port = 0;  // 587, or 465 with implicit TLS, unless set
  Tls tls = Tls::starttls;
  std::string ca_file;   // empty: the system's store
  std::string tls_name;  // empty: host
  bool verify_certificate = true;
  std::string user;  // empty: no AUTH
  std::string password_file;
  AuthMechanism auth = AuthMechanism::any;
  bool send_password_unprotected = false;
  std::string sender = "domain";  // "keep", "domain" or the one address that is allowed
  std::vector<std::string> sender_exceptions;  // patterns of addresses that stay
  Seconds idle{5};                             // how long a connection waits for the next message
  unsigned messages_per_connection = 1000;
  unsigned connections = 4;             // at once, where there is much to do
  unsigned messages_per_minute = 0;     // 0: no limit
  unsigned recipients_per_message = 0;  // 0: as many as the smart host takes
  Timeouts timeouts;
};

// Which mail goes by which smart hosts: the first that matches, for each recipient.
struct SmartHostRoute {
  std::vector<std::string> senders;  // patterns of addresses; none: all
  std::vector<std::string> recipients;
  std::vector<std::string> smart_hosts;  // their names
};

// SMTP for programs of this machine.
struct Listener {
  std::vector<Endpoint> listen;  // may be empty: a service manager hands sockets over
  bool open_to_network = false;  // other machines may connect
  std::string user;              // empty: nobody needs to authenticate
  std::string password_file;
  std::string certificate_file;  // empty: no STARTTLS
  std::string key_file;
};

struct Retry {
  Seconds first{60};
  Seconds longest{3600};
  Seconds lifetime{5 * 86400};
  std::optional<Seconds> delay_notice{4 * 3600};  // none: never
};

struct DeadLetters {
  Seconds lifetime{30 * 86400};
  std::uint64_t size = 100 << 20;  // octets of all together; 0: no limit
};

// What is said when mail is broken, since it cannot be said by mail.
struct Alarm {
  Seconds after{1800};               // that it is broken
  Seconds again{86400};              // as long as it is
  std::vector<std::string> command;  // a program and its arguments; empty: none
  Seconds timeout{30};               // of the command
};

// Users of this machine, by name.
struct Users {
  bool all = false;  // but root
  std::vector<std::string> names;
};

// What is done where one user sends very much. Nothing, unless somebody is named.
struct Storms {
  Users limits;
  unsigned messages_per_minute = 60;
  unsigned messages_in_queue = 1000;
  std::uint64_t size_in_queue = 250 << 20;  // octets; 0: no limit
  Users digests;
  unsigned digest_above = 10;  // messages that are alike, within digest_within
  Seconds digest_within{600};
  bool ignore_digits = false;  // in the subjects of what is alike
};

struct Settings {
  std::string file;  // where they come from
  std::string queue_directory;
  std::string run_directory;
  std::string user = "mailchute";  // mailchuted's, when started as root
  std::string group = "mailchute";
  std::string hostname;  // of this machine: in Received, EHLO, Message-ID and local addresses
  std::string domain;    // of its mail as others see it
  std::string admin;     // an address elsewhere; empty: none
  std::string aliases = "/etc/aliases";  // aliases(5); empty: none
  bool ignore_dots = false;
  std::uint64_t message_size_limit = 100 << 20;  // octets; 0: none
  bool drop_directory_open = true;               // the two ways in; at least one is open
  bool submission_socket_open = true;
  std::vector<std::string> administrators;  // users who see and manage the whole queue, beside root
  LogTarget log = LogTarget::automatic;
  bool log_debug = false;
  unsigned sync_every = 64;  // messages whose removal may be undone by a power cut
  Retry retry;
  DeadLetters dead_letters;
  Alarm alarm;
  Storms storms;
  std::vector<SmartHost> smart_hosts;  // at least one, where all is well
  std::vector<SmartHostRoute> routes;
  std::optional<Listener> listener;

  std::string control_socket() const { return run_directory + "/control"; }
  std::string submission_socket() const { return run_directory + "/submit"; }
};

}  // namespace mailchute::config
