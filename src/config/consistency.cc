// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/consistency.h"

#include <initializer_list>

namespace mailchute::config {
namespace {

bool written(const Lines& lines, std::string_view path) { return lines.count(path) != 0; }

// The line of the first of these that is in the file.
unsigned line_of_first(const Lines& lines, std::initializer_list<std::string_view> paths) {
  for (const std::string_view path : paths)
    if (const auto found = lines.find(path); found != lines.end()) return found->second;
  return 0;
}

// Both or neither.
void check_credentials(const Lines& lines, Complaints& complaints) {
  const bool user = written(lines, "smart_host.user");
  const bool password = written(lines, "smart_host.password_file");
  if (user && !password)
    complaints.add(lines.at("smart_host.user"),
                   "smart_host.user without a password; write password_file = "
                   "\"/etc/mailchute/password\";");
  if (password && !user)
    complaints.add(lines.at("smart_host.password_file"),
                   "smart_host.password_file without a user; write user = \"web1@example.org\";");
}

// A password goes over verified TLS only, unless the file says otherwise in plain words.
void check_protection(const SmartHost& host, const Lines& lines, Complaints& complaints) {
  const bool password =
      written(lines, "smart_host.user") || written(lines, "smart_host.password_file");
  if (!password || host.send_password_unprotected) return;
  if (host.tls == Tls::none) {
    complaints.add(line_of_first(lines, {"smart_host.tls"}),
                   "smart_host.tls = \"none\" would send the password for everybody to read; write "
                   "tls = \"starttls\"; or, if that is what you want, "
                   "send_password_unprotected = true;");
  } else if (!host.verify_certificate) {
    complaints.add(line_of_first(lines, {"smart_host.verify_certificate"}),
                   "smart_host.verify_certificate = false would give the password to anybody who "
                   "claims to be the smart host; write ca_file = \"...\"; instead or, if that is "
                   "what you want, send_password_unprotected = true;");
  }
}

void check_smart_host(const SmartHost& host, const Lines& lines, Complaints& complaints) {
  if (!written(lines, "smart_host.host"))
    complaints.add(lines.at("smart_host"),
                   "smart_host without a host; write host = \"mail.example.org\";");
  if (host.port == 465 && host.tls == Tls::starttls)
    complaints.add(line_of_first(lines, {"smart_host.tls", "smart_host.port"}),
                   "port 465 speaks TLS from the first octet; write tls = \"implicit\";");
  check_credentials(lines, complaints);
  check_protection(host, lines, complaints);
}

void check_retry(const Retry& retry, const Lines& lines, Complaints& complaints) {
  const auto text = [](Seconds span) { return std::to_string(span.count()); };
  if (retry.first > retry.longest)
    complaints.add(line_of_first(lines, {"retry.first", "retry.longest"}),
                   "retry.first = " + text(retry.first) +
                       " is more than retry.longest = " + text(retry.longest) +
                       "; write longest = " + text(retry.first) + "; or more");
}

void check_ways_in(const Settings& settings, const Lines& lines, Complaints& complaints) {
  if (settings.drop_directory_open || settings.submission_socket_open) return;
  complaints.add(line_of_first(lines, {"submission_socket", "drop_directory"}),
                 "drop_directory and submission_socket are both false, so that nobody could submit "
                 "anything; write submission_socket = true;");
}

}  // namespace

void check_together(const Settings& settings, const Lines& lines, Complaints& complaints) {
  check_retry(settings.retry, lines, complaints);
  check_ways_in(settings, lines, complaints);
  if (settings.smart_host) {
    check_smart_host(*settings.smart_host, lines, complaints);
  } else if (!written(lines, "smart_host")) {
    complaints.add(0, "no smart host: write smart_host = { host = \"mail.example.org\"; };");
  }
}

}  // namespace mailchute::config
