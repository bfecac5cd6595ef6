// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/known.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "config/spelling.h"

namespace mailchute::config {
namespace {

constexpr Word<Tls> kTlsWords[] = {
    {"starttls", Tls::starttls}, {"implicit", Tls::implicit}, {"none", Tls::none}};

constexpr Word<Lookup> kLookupWords[] = {
    {"address", Lookup::address}, {"srv", Lookup::srv}, {"mx", Lookup::mx}};

constexpr Word<AuthMechanism> kAuthWords[] = {
    {"any", AuthMechanism::any}, {"plain", AuthMechanism::plain}, {"login", AuthMechanism::login}};

constexpr Word<LogTarget> kLogWords[] = {{"automatic", LogTarget::automatic},
                                         {"syslog", LogTarget::syslog},
                                         {"stderr", LogTarget::standard_error}};

using V = const Value&;
using S = Settings&;

// A group stands before its settings in the table.
constexpr Known kKnown[] = {
    {"smart_host", "{ host = \"mail.example.org\"; }",
     [](V v, S s) {
       if (v.is_group()) s.smart_hosts.emplace_back();
     },
     Known::For::daemon, true},
    {"smart_host.host", "\"mail.example.org\"",
     [](V v, S s) { v.read_host(s.smart_hosts.back().host); }},
    {"smart_host.name", "\"main\"", [](V v, S s) { v.read_text(s.smart_hosts.back().name); }},
    {"smart_host.priority", "10",
     [](V v, S s) { v.read_number(s.smart_hosts.back().priority, 1000u); }},
    {"smart_host.weight", "1", [](V v, S s) { v.read_number(s.smart_hosts.back().weight, 1000u); }},
    {"smart_host.lookup", "\"address\"",
     [](V v, S s) { v.read_word(s.smart_hosts.back().lookup, kLookupWords); }},
    {"smart_host.port", "587", [](V v, S s) { v.read_number(s.smart_hosts.back().port); }},
    {"smart_host.tls", "\"starttls\"",
     [](V v, S s) { v.read_word(s.smart_hosts.back().tls, kTlsWords); }},
    {"smart_host.ca_file", "\"/etc/ssl/certs/ca-certificates.crt\"",
     [](V v, S s) { v.read_path(s.smart_hosts.back().ca_file); }},
    {"smart_host.tls_name", "\"mail.example.org\"",
     [](V v, S s) { v.read_host_name(s.smart_hosts.back().tls_name); }},
    {"smart_host.verify_certificate", "true",
     [](V v, S s) { v.read_boolean(s.smart_hosts.back().verify_certificate); }},
    {"smart_host.user", "\"web1@example.org\"",
     [](V v, S s) { v.read_text(s.smart_hosts.back().user); }},
    {"smart_host.password_file", "\"/etc/mailchute/password\"",
     [](V v, S s) { v.read_path(s.smart_hosts.back().password_file); }},
    {"smart_host.auth", "\"any\"",
     [](V v, S s) { v.read_word(s.smart_hosts.back().auth, kAuthWords); }},
    {"smart_host.send_password_unprotected", "false",
     [](V v, S s) { v.read_boolean(s.smart_hosts.back().send_password_unprotected); }},
    {"smart_host.sender", "\"alerts@example.org\"",
     [](V v, S s) { v.read_sender(s.smart_hosts.back().sender); }},
    {"smart_host.sender_exceptions", "[ \"*@example.com\" ]",
     [](V v, S s) { v.read_address_patterns(s.smart_hosts.back().sender_exceptions); }},
    {"smart_host.idle", "5", [](V v, S s) { v.read_span(s.smart_hosts.back().idle); }},
    {"smart_host.connections", "4",
     [](V v, S s) { v.read_number(s.smart_hosts.back().connections, 100u); }},
    {"smart_host.messages_per_connection", "1000",
     [](V v, S s) { v.read_number(s.smart_hosts.back().messages_per_connection, 1'000'000u); }},
    {"smart_host.messages_per_minute", "30",
     [](V v, S s) { v.read_number(s.smart_hosts.back().messages_per_minute, 10'000u); }},
    {"smart_host.recipients_per_message", "100",
     [](V v, S s) { v.read_number(s.smart_hosts.back().recipients_per_message, 10'000u); }},

    {"smart_host.timeouts", "{ connect = 30; }", [](V v, S) { v.is_group(); }, Known::For::daemon,
     true},
    {"smart_host.timeouts.resolve", "20",
     [](V v, S s) { v.read_span(s.smart_hosts.back().timeouts.resolve); }},
    {"smart_host.timeouts.connect", "30",
     [](V v, S s) { v.read_span(s.smart_hosts.back().timeouts.connect); }},
    {"smart_host.timeouts.greeting", "300",
     [](V v, S s) { v.read_span(s.smart_hosts.back().timeouts.greeting); }},
    {"smart_host.timeouts.tls", "60",
     [](V v, S s) { v.read_span(s.smart_hosts.back().timeouts.tls); }},
    {"smart_host.timeouts.command", "300",
     [](V v, S s) { v.read_span(s.smart_hosts.back().timeouts.command); }},
    {"smart_host.timeouts.data", "120",
     [](V v, S s) { v.read_span(s.smart_hosts.back().timeouts.data); }},
    {"smart_host.timeouts.block", "180",
     [](V v, S s) { v.read_span(s.smart_hosts.back().timeouts.block); }},
    {"smart_host.timeouts.message", "600",
     [](V v, S s) { v.read_span(s.smart_hosts.back().timeouts.message); }},
    {"smart_host.timeouts.quit", "5",
     [](V v, S s) { v.read_span(s.smart_hosts.back().timeouts.quit); }},

    {"smart_hosts", "( { host = \"mail.example.org\"; } )",
     [](V v, S s) {
       if (v.is_group()) s.smart_hosts.emplace_back();
     },
     Known::For::daemon, false, "smart_host"},
    {"routes", "( { recipient = [ \"*@example.com\" ]; smart_host = \"main\"; } )",
     [](V v, S s) {
       if (v.is_group()) s.routes.emplace_back();
     },
     Known::For::daemon, true, "routes"},
    {"routes.sender", "[ \"*@example.org\" ]",
     [](V v, S s) { v.read_address_patterns(s.routes.back().senders); }},
    {"routes.recipient", "[ \"*@example.com\" ]",
     [](V v, S s) { v.read_address_patterns(s.routes.back().recipients); }},
    {"routes.smart_host", "\"main\"", [](V v, S s) { v.read_names(s.routes.back().smart_hosts); }},

    {"listener", "{ listen = [ \"localhost:25\" ]; }",
     [](V v, S s) {
       if (v.is_group()) s.listener.emplace();
     },
     Known::For::daemon, true},
    {"listener.listen", "[ \"localhost:25\" ]",
     [](V v, S s) { v.read_endpoints(s.listener->listen); }},
    {"listener.open_to_network", "true",
     [](V v, S s) { v.read_boolean(s.listener->open_to_network); }},
    {"listener.user", "\"apps\"", [](V v, S s) { v.read_text(s.listener->user); }},
    {"listener.password_file", "\"/etc/mailchute/listener-password\"",
     [](V v, S s) { v.read_path(s.listener->password_file); }},
    {"listener.certificate_file", "\"/etc/mailchute/listener-cert.pem\"",
     [](V v, S s) { v.read_path(s.listener->certificate_file); }},
    {"listener.key_file", "\"/etc/mailchute/listener-key.pem\"",
     [](V v, S s) { v.read_path(s.listener->key_file); }},

    {"retry", "{ first = 60; longest = 3600; }", [](V v, S) { v.is_group(); }, Known::For::daemon,
     true},
    {"retry.first", "60", [](V v, S s) { v.read_span(s.retry.first); }},
    {"retry.longest", "3600", [](V v, S s) { v.read_span(s.retry.longest); }},
    {"retry.lifetime", "\"5d\"", [](V v, S s) { v.read_span(s.retry.lifetime); }},
    {"retry.delay_notice", "\"4h\"", [](V v, S s) { v.read_span_or_never(s.retry.delay_notice); }},

    {"dead_letters", "{ lifetime = \"30d\"; size = \"100M\"; }", [](V v, S) { v.is_group(); },
     Known::For::daemon, true},
    {"dead_letters.lifetime", "\"30d\"", [](V v, S s) { v.read_span(s.dead_letters.lifetime); }},
    {"dead_letters.size", "\"100M\"", [](V v, S s) { v.read_size(s.dead_letters.size); }},

    {"alarm", "{ after = \"30m\"; }", [](V v, S) { v.is_group(); }, Known::For::daemon, true},
    {"alarm.after", "\"30m\"", [](V v, S s) { v.read_span(s.alarm.after); }},
    {"alarm.again", "\"1d\"", [](V v, S s) { v.read_span(s.alarm.again); }},
    {"alarm.command", "[ \"/usr/local/sbin/page\", \"mail\" ]",
     [](V v, S s) { v.read_command(s.alarm.command); }},
    {"alarm.timeout", "30", [](V v, S s) { v.read_span(s.alarm.timeout); }},

    {"storms", "{ limits = \"all\"; digests = \"all\"; }", [](V v, S) { v.is_group(); },
     Known::For::daemon, true},
    {"storms.limits", "[ \"www-data\" ]", [](V v, S s) { v.read_users(s.storms.limits); }},
    {"storms.messages_per_minute", "60",
     [](V v, S s) { v.read_number(s.storms.messages_per_minute, 60'000u); }},
    {"storms.messages_in_queue", "1000",
     [](V v, S s) { v.read_number(s.storms.messages_in_queue); }},
    {"storms.size_in_queue", "\"250M\"", [](V v, S s) { v.read_size(s.storms.size_in_queue); }},
    {"storms.digests", "[ \"www-data\" ]", [](V v, S s) { v.read_users(s.storms.digests); }},
    {"storms.digest_above", "10", [](V v, S s) { v.read_number(s.storms.digest_above, 1000u); }},
    {"storms.digest_within", "\"10m\"", [](V v, S s) { v.read_span(s.storms.digest_within); }},
    {"storms.ignore_digits", "true", [](V v, S s) { v.read_boolean(s.storms.ignore_digits); }},

    {"hostname", "\"web1.example.org\"", [](V v, S s) { v.read_host_name(s.hostname); },
     Known::For::submission},
    {"domain", "\"example.org\"", [](V v, S s) { v.read_host_name(s.domain); },
     Known::For::submission},
    {"admin", "\"ops@example.org\"", [](V v, S s) { v.read_address(s.admin); }},
    {"aliases", "\"/etc/aliases\"", [](V v, S s) { v.read_path_or_none(s.aliases); }},
    {"ignore_dots", "true", [](V v, S s) { v.read_boolean(s.ignore_dots); },
     Known::For::submission},
    {"message_size_limit", "\"100M\"", [](V v, S s) { v.read_size(s.message_size_limit); },
     Known::For::submission},

    {"drop_directory", "true", [](V v, S s) { v.read_boolean(s.drop_directory_open); },
     Known::For::submission},
    {"submission_socket", "true", [](V v, S s) { v.read_boolean(s.submission_socket_open); },
     Known::For::submission},

    {"queue_directory", "\"/var/spool/mailchute\"",
     [](V v, S s) { v.read_path(s.queue_directory); }, Known::For::submission},
    {"run_directory", "\"/run/mailchute\"",
     [](V v, S s) { v.read_socket_directory(s.run_directory); }, Known::For::submission},
    {"user", "\"mailchute\"", [](V v, S s) { v.read_login(s.user); }},
    {"group", "\"mailchute\"", [](V v, S s) { v.read_login(s.group); }},
    {"administrators", "[ \"root\" ]", [](V v, S s) { v.read_logins(s.administrators); }},
    {"log", "\"syslog\"", [](V v, S s) { v.read_word(s.log, kLogWords); }},
    {"log_debug", "true", [](V v, S s) { v.read_boolean(s.log_debug); }},
    {"sync_every", "64", [](V v, S s) { v.read_number(s.sync_every, 1'000'000u); }},
};

constexpr char kPasswordInFile[] =
    "every user can read this file, so the password has one of its own; create it with "
    "install -m 640 -o root -g mailchute /dev/null /etc/mailchute/password, write the password "
    "there with an editor, and here password_file = \"/etc/mailchute/password\";";

constexpr std::string_view last_part(std::string_view path) {
  return path.substr(path.rfind('.') + 1);
}

constexpr std::string_view group_of(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return dot == path.npos ? std::string_view() : path.substr(0, dot);
}

std::string with_example(const Known& known) {
  return std::string(last_part(known.path)).append(" = ").append(known.example).append(";");
}

// A setting of this name in another group than where it was written.
const Known* elsewhere(std::string_view name) {
  const auto* const found = std::find_if(std::begin(kKnown), std::end(kKnown),
                                         [&](const Known& k) { return last_part(k.path) == name; });
  return found == std::end(kKnown) ? nullptr : found;
}

std::string place(const Known& known) {
  std::string text = with_example(known);
  for (auto group = group_of(known.path); !group.empty(); group = group_of(group)) {
    const bool list = !find_known(group)->item.empty();
    text = std::string(last_part(group))
               .append(list ? " = ( { " : " = { ")
               .append(text)
               .append(list ? " } );" : " };");
  }
  return group_of(known.path).empty() ? text + " outside of all groups" : text;
}

}  // namespace

std::span<const Known> known_settings() { return kKnown; }

const Known* find_known(std::string_view path) {
  const auto* const found = std::find_if(std::begin(kKnown), std::end(kKnown),
                                         [&](const Known& known) { return known.path == path; });
  return found == std::end(kKnown) ? nullptr : found;
}

std::string unknown_complaint(std::string_view path) {
  const std::string_view name = last_part(path);
  if (name == "password" || name == "passwd" || name == "pass") return kPasswordInFile;
  std::string text = "unknown setting " + quoted(path);
  if (const Known* known = elsewhere(name)) return text + "; it belongs here: " + place(*known);
  std::vector<std::string_view> here;
  for (const Known& known : kKnown)
    if (group_of(known.path) == group_of(path)) here.push_back(last_part(known.path));
  const std::string_view meant = nearest(name, here);
  if (!meant.empty()) return text + "; did you mean '" + std::string(meant) + "'?";
  return text + "; leave it out (mailchute.conf(5) has them all)";
}

}  // namespace mailchute::config
