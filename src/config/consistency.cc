// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/consistency.h"

#include <algorithm>
#include <initializer_list>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "config/host_name.h"
#include "config/spelling.h"

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

// What the records say is not said again.
void check_lookup(const SmartHost& host, const Lines& lines, Complaints& complaints) {
  if (host.lookup == Lookup::address) return;
  if (written(lines, "smart_host.host") && !is_domain_name(host.host))
    complaints.add(line_of_first(lines, {"smart_host.lookup"}),
                   "smart_host.lookup wants a domain for host, and " + quoted(host.host) +
                       " is none; leave lookup out");
  const bool says_tls = written(lines, "smart_host.tls") && host.tls != Tls::none;
  if (host.lookup == Lookup::srv && (says_tls || written(lines, "smart_host.port")))
    complaints.add(
        line_of_first(lines, {"smart_host.port", "smart_host.tls"}),
        "smart_host.lookup = \"srv\" finds out about the port and TLS; leave port and tls out");
}

void check_smart_host(const SmartHost& host, const Lines& lines, Complaints& complaints) {
  if (!written(lines, "smart_host.host"))
    complaints.add(lines.at("smart_host"),
                   "smart_host without a host; write host = \"mail.example.org\";");
  check_lookup(host, lines, complaints);
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
                       "\"localhost:" +
                       std::to_string(reached->port) +
                       "\" ]; or, if that is what "
                       "you want, open_to_network = true;");
  else if (written(lines, "listener.user") && !written(lines, "listener.certificate_file"))
    complaints.add(lines.at("listener.user"),
                   "listener.user without TLS would have other machines send the password for "
                   "everybody to read; write certificate_file = "
                   "\"/etc/mailchute/listener-cert.pem\"; and key_file = "
                   "\"/etc/mailchute/listener-key.pem\";");
}

void check_listener(const Listener& listener, const Lines& lines, Complaints& complaints) {
  check_pair(
      {"listener.user", "a password", "password_file = \"/etc/mailchute/listener-password\";"},
      {"listener.password_file", "a user", "user = \"apps\";"}, lines, complaints);
  check_pair(
      {"listener.certificate_file", "its key", "key_file = \"/etc/mailchute/listener-key.pem\";"},
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

// What has no effect without a word about for whom is not taken for having one.
void check_storms(const Lines& lines, Complaints& complaints) {
  const auto check = [&](const char* users, std::initializer_list<const char*> settings) {
    for (const char* const name : settings) {
      const std::string path = std::string("storms.") + name;
      if (!written(lines, path) || written(lines, std::string("storms.") + users)) continue;
      return complaints.add(lines.find(path)->second, path + " without " + users +
                                                          ", so that it holds for nobody; write " +
                                                          users + " = \"all\";");
    }
  };
  check("limits", {"messages_per_minute", "messages_in_queue", "size_in_queue"});
  check("digests", {"digest_above", "digest_within", "ignore_digits"});
}

void check_ways_in(const Settings& settings, const Lines& lines, Complaints& complaints) {
  if (settings.drop_directory_open || settings.submission_socket_open) return;
  complaints.add(line_of_first(lines, {"submission_socket", "drop_directory"}),
                 "drop_directory and submission_socket are both false, so that nobody could submit "
                 "anything; write submission_socket = true;");
}

void check_names(const Settings& settings, const std::vector<Lines>& items,
                 Complaints& complaints) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (!names.insert(settings.smart_hosts[i].name).second)
      complaints.add(line_of_first(items[i], {"smart_host.name", "smart_host.host"}),
                     "two smart hosts are called " + quoted(settings.smart_hosts[i].name) +
                         "; give each a name = \"...\"; of its own");
}

void check_route(const SmartHostRoute& route, const Lines& lines,
                 const std::vector<std::string_view>& names, Complaints& complaints) {
  for (const auto& [path, what, patterns] :
       {std::tuple("routes.sender", "sender", &route.senders),
        std::tuple("routes.recipient", "recipient", &route.recipients)})
    if (complaints.empty() && written(lines, path) && patterns->empty())
      complaints.add(lines.at(path),
                     std::string(path) + " names nobody; leave " + what + " out where any will do");
  if (!written(lines, "routes.smart_host"))
    return complaints.add(
        lines.at("routes"),
        "a route without a smart_host; write smart_host = \"" + std::string(names.front()) + "\";");
  for (const std::string& name : route.smart_hosts) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const std::string_view meant = nearest(name, names);
    complaints.add(lines.at("routes.smart_host"),
                   "there is no smart host called " + quoted(name) +
                       (meant.empty() ? "; give one of them that name"
                                      : "; did you mean '" + std::string(meant) + "'?"));
  }
}

// Everything must have somewhere to go, and every smart host something to do. Of routes that are
// understood.
void check_use(const Settings& settings, const Items& items, bool all_taken,
               Complaints& complaints) {
  std::set<std::string_view> used;
  for (const SmartHostRoute& route : settings.routes)
    used.insert(route.smart_hosts.begin(), route.smart_hosts.end());
  const auto is_used = [&](const SmartHost& host) { return used.count(host.name) != 0; };
  const auto& hosts = settings.smart_hosts;
  if (!all_taken && std::all_of(hosts.begin(), hosts.end(), is_used))
    complaints.add(items.at("routes").back().at("routes"),
                   "mail that no route matches has nowhere to go, since each smart host belongs to "
                   "a route; add a last one: { smart_host = \"" +
                       hosts.front().name + "\"; }");
  const auto listed = items.find("smart_hosts");
  for (std::size_t i = 0; all_taken && listed != items.end() && i < hosts.size(); ++i)
    if (!is_used(hosts[i]))
      complaints.add(
          listed->second[i].at("smart_host"),
          "no route leads to " + quoted(hosts[i].name) + ", and one of them takes all other mail");
}

void check_routes(const Settings& settings, const Items& items, Complaints& complaints) {
  if (settings.routes.empty() || settings.smart_hosts.empty()) return;
  std::vector<std::string_view> names;
  for (const SmartHost& host : settings.smart_hosts) names.push_back(host.name);
  bool all_taken = false;
  for (std::size_t i = 0; i < settings.routes.size(); ++i) {
    const SmartHostRoute& route = settings.routes[i];
    const Lines& lines = items.at("routes")[i];
    check_route(route, lines, names, complaints);
    if (all_taken)
      complaints.add(
          lines.at("routes"),
          "no mail gets to this route, as one before it takes all; move that to the end");
    all_taken = all_taken || (route.senders.empty() && route.recipients.empty());
  }
  if (complaints.empty()) check_use(settings, items, all_taken, complaints);
}

void check_smart_hosts(const Settings& settings, const Lines& lines, const Items& items,
                       Complaints& complaints) {
  const bool one = written(lines, "smart_host");
  const bool several = written(lines, "smart_hosts");
  if (one && several)
    return complaints.add(lines.at("smart_host"),
                          "smart_host beside smart_hosts; write it there, with the others");
  if (!one && !several)
    return complaints.add(0, "no smart host: write smart_host = { host = \"mail.example.org\"; };");
  const auto& hosts = settings.smart_hosts;
  const auto listed = items.find("smart_hosts");
  if (one && !hosts.empty()) check_smart_host(hosts.front(), lines, complaints);
  if (several && listed != items.end()) {
    for (std::size_t i = 0; i < listed->second.size(); ++i)
      check_smart_host(hosts[i], listed->second[i], complaints);
    check_names(settings, listed->second, complaints);
  } else if (several && complaints.empty()) {
    complaints.add(
        lines.at("smart_hosts"),
        "no smart host in it; write smart_hosts = ( { host = \"mail.example.org\"; } );");
  }
  check_routes(settings, items, complaints);
}

}  // namespace

void check_together(const Settings& settings, const Lines& lines, const Items& items,
                    Complaints& complaints) {
  check_retry(settings.retry, lines, complaints);
  check_storms(lines, complaints);
  check_ways_in(settings, lines, complaints);
  if (settings.listener) check_listener(*settings.listener, lines, complaints);
  check_smart_hosts(settings, lines, items, complaints);
}

}  // namespace mailchute::config
