// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/consistency.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace mailchute::config {
namespace {

bool written(const Lines& lines, std::string_view path) { return lines.count(path) != 0; }

// The line of the first of these that is in the file.
unsigned line_of_first(const Lines& lines, std::initializer_list<std::string_view> paths) {
  for (const std::string_view path : paths)
    if (const auto found = lines.find(path); found != lines.end()) return found->second;
  return 0;
}

// One of two settings that go together.
struct Half {
  std::string_view path;
  const char* without;  // the other
  const char* write;    // to have it as well
};

void check_pair(const Half& one, const Half& other, const Lines& lines, Complaints& complaints) {
  for (const auto& [here, there] : {std::pair(one, other), std::pair(other, one)})
    if (written(lines, here.path) && !written(lines, there.path))
      complaints.add(lines.at(here.path),
                     std::string(here.path) + " without " + here.without + "; write " + here.write);
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
  check_pair({"smart_host.user", "a password", "password_file = \"/etc/mailchute/password\";"},
             {"smart_host.password_file", "a user", "user = \"web1@example.org\";"}, lines,
             complaints);
  check_protection(host, lines, complaints);
}

// Who is beyond this machine is let in by a word of its own, and never asked for a password that
// others can read.
void check_reach(const Listener& listener, const Lines& lines, Complaints& complaints) {
  const auto reached = std::find_if(listener.listen.begin(), listener.listen.end(),
                                    [](const Endpoint& at) { return !at.loopback(); });
  if (reached == listener.listen.end()) return;
  if (!listener.open_to_network)
    complaints.add(lines.at("listener.listen"),
                   "listener.listen = \"" + reached->text() +
                       "\" would let other machines send mail through this one; write listen = [ "
                       "\"localhost:" + std::to_string(reached->port) + "\" ]; or, if that is what "
                       "you want, open_to_network = true;");
  else if (written(lines, "listener.user") && !written(lines, "listener.certificate_file"))
    complaints.add(lines.at("listener.user"),
                   "listener.user without TLS would have other machines send the password for "
                   "everybody to read; write certificate_file = "
                   "\"/etc/mailchute/listener-cert.pem\"; and key_file = "
                   "\"/etc/mailchute/listener-key.pem\";");
}

void check_listener(const Listener& listener, const Lines& lines, Complaints& complaints) {
  check_pair({"listener.user", "a password",
              "password_file = \"/etc/mailchute/listener-password\";"},
             {"listener.password_file", "a user", "user = \"apps\";"}, lines, complaints);
  check_pair({"listener.certificate_file", "its key",
              "key_file = \"/etc/mailchute/listener-key.pem\";"},
             {"listener.key_file", "a certificate",
              "certificate_file = \"/etc/mailchute/listener-cert.pem\";"},
             lines, complaints);
  check_reach(listener, lines, complaints);
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
  if (settings.listener) check_listener(*settings.listener, lines, complaints);
  if (!settings.smart_hosts.empty()) {
    check_smart_host(settings.smart_hosts.front(), lines, complaints);
  } else if (!written(lines, "smart_host")) {
    complaints.add(0, "no smart host: write smart_host = { host = \"mail.example.org\"; };");
  }
}

}  // namespace mailchute::config
