// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/explain.h"

#include <sysexits.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.h"
#include "config/routing.h"
#include "config/sender_policy.h"
#include "config/smart_host_routes.h"

namespace mailchute::config {
namespace {

std::string joined(const std::vector<std::string>& addresses) {
  std::string text;
  for (const std::string& address : addresses)
    text += (text.empty() ? "" : ", ") + escaped(address);
  return text;
}

std::string outcome(const Explanation& explanation) {
  const mail::Route& route = explanation.route;
  switch (route.end) {
    case mail::Route::End::sent: return "sent to " + joined(route.addresses);
    case mail::Route::End::nowhere: return "not sent: " + escaped(route.reason);
    case mail::Route::End::refused:
      return "not sent, and the sender is told: " + escaped(route.reason);
    case mail::Route::End::unusable: return "kept until this is mended: " + escaped(route.reason);
  }
  return {};
}

Explanation::Way way_of(std::vector<std::size_t> hosts, std::string_view reverse_path,
                        const Settings& settings) {
  std::stable_sort(hosts.begin(), hosts.end(), [&](std::size_t a, std::size_t b) {
    return settings.smart_hosts[a].priority < settings.smart_hosts[b].priority;
  });
  Explanation::Way way;
  for (const std::size_t i : hosts) {
    const SmartHost& host = settings.smart_hosts[i];
    const std::string name = host.name.empty() || host.name == host.host ? "" : host.name + ": ";
    way.hosts.push_back(
        {name + describe(host), sender_policy(settings, host).as_sent(reverse_path)});
  }
  return way;
}

std::string sender(const std::string& reverse_path, const std::string& sent_as) {
  std::string text = "from <" + escaped(sent_as) + ">";
  if (sent_as != reverse_path)
    text += ", the smart host's sender for <" + escaped(reverse_path) + ">";
  return text;
}

}  // namespace

Explanation explain(std::string_view address, std::string_view reverse_path,
                    const Settings& settings, const mail::Router& router) {
  Explanation explanation{
      std::string(address), router.route(address), std::string(reverse_path), {}};
  if (settings.smart_hosts.empty()) return explanation;
  const SmartHostRoutes routes(settings);
  std::map<std::size_t, std::size_t> known;  // route -> way
  for (const std::string& to : explanation.route.addresses) {
    const std::size_t route = routes.of(reverse_path, to);
    const auto [way, first] = known.emplace(route, explanation.ways.size());
    if (first) explanation.ways.push_back(way_of(routes.hosts()[route], reverse_path, settings));
    explanation.ways[way->second].addresses.push_back(to);
  }
  return explanation;
}

Inquiry::Inquiry(std::string sender, const Settings& settings)
    : sender_(std::move(sender)), settings_(settings), router_(read_routing(settings).router) {}

Result<Inquiry> Inquiry::of(std::string_view sender, const Settings& settings) {
  auto reverse_path = mail::parse_reverse_path(sender, settings.hostname);
  if (!reverse_path) return failure(reverse_path.error());
  return Inquiry(std::move(*reverse_path), settings);
}

Inquiry::Answer Inquiry::ask(std::string_view list) {
  mail::AddressList read = mail::parse_address_list(list);
  Answer answer{{}, std::move(read.bad)};
  for (const mail::ListedAddress& listed : read.addresses) {
    answer.explanations.push_back(explain(listed.address.text(), sender_, settings_, router_));
    const mail::Route::End end = answer.explanations.back().route.end;
    in_vain_ |= end == mail::Route::End::refused || end == mail::Route::End::unusable;
  }
  if (read.addresses.empty() && answer.bad.empty()) {
    answer.bad.push_back({std::string(list.substr(0, mail::kMaxAddress)), "empty address"});
  }
  bad_ |= !answer.bad.empty();
  return answer;
}

int Inquiry::exit_status() const {
  if (bad_) return EX_DATAERR;
  return in_vain_ ? EX_NOUSER : EX_OK;
}

std::string text_of(const Explanation& explanation) {
  std::string text = escaped(explanation.address) + "\n";
  const auto line = [&text](std::size_t depth, const std::string& words) {
    text.append(2 * depth + 2, ' ').append(words).append("\n");
  };
  for (const mail::RouteStep& step : explanation.route.steps) line(step.depth, describe(step));
  line(0, outcome(explanation));
  if (explanation.route.end != mail::Route::End::sent) return text;
  if (explanation.ways.empty()) {
    line(0, "by way of nothing: no smart_host is set");
    line(0, sender(explanation.reverse_path, explanation.reverse_path));
  }
  for (const Explanation::Way& way : explanation.ways) {
    if (explanation.ways.size() > 1) line(0, "to " + joined(way.addresses) + ":");
    for (const Explanation::Way::Host& host : way.hosts) {
      line(0, (&host == &way.hosts.front() ? "by way of " : "or of ") + host.smart_host);
      line(0, sender(explanation.reverse_path, host.sent_as));
    }
  }
  return text;
}

std::string describe(const SmartHost& host) {
  const bool srv = host.lookup == Lookup::srv;
  std::string text =
      srv ? "the SRV records of " + host.host : host.host + " port " + std::to_string(host.port);
  if (host.lookup == Lookup::mx) text = "the MX records of " + text;
  if (host.tls == Tls::none) text += " without TLS";
  else if (host.tls == Tls::implicit || srv) text += " with TLS";
  else text += " with STARTTLS";
  if (host.tls != Tls::none && !host.verify_certificate) text += ", unverified";
  return text + (host.user.empty() ? ", without authentication" : ", as " + host.user);
}

}  // namespace mailchute::config
