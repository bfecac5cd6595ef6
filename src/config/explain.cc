// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/explain.h"

#include <sysexits.h>

#include <utility>

#include "base/text.h"
#include "config/routing.h"
#include "config/sender_policy.h"

namespace mailchute::config {
namespace {

std::string joined(const std::vector<std::string>& addresses) {
  std::string text;
  for (const std::string& address : addresses) text += (text.empty() ? "" : ", ") + escaped(address);
  return text;
}

std::string outcome(const Explanation& explanation) {
  const mail::Route& route = explanation.route;
  switch (route.end) {
    case mail::Route::End::sent: return "sent to " + joined(route.addresses);
    case mail::Route::End::nowhere: return "not sent: " + escaped(route.reason);
    case mail::Route::End::refused: return "not sent, and the sender is told: " + escaped(route.reason);
    case mail::Route::End::unusable: return "kept until this is mended: " + escaped(route.reason);
  }
  return {};
}

std::string sender(const Explanation& explanation) {
  std::string text = "from <" + escaped(explanation.sent_as) + ">";
  if (explanation.sent_as != explanation.reverse_path)
    text += ", the smart host's sender for <" + escaped(explanation.reverse_path) + ">";
  return text;
}

}  // namespace

Explanation explain(std::string_view address, std::string_view reverse_path,
                    const Settings& settings, const mail::Router& router) {
  Explanation explanation{std::string(address), router.route(address), std::string(reverse_path),
                          std::string(reverse_path), {}};
  if (settings.smart_hosts.empty()) return explanation;
  const SmartHost& host = settings.smart_hosts.front();
  explanation.sent_as = sender_policy(settings, host).as_sent(reverse_path);
  explanation.smart_host = describe(host);
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
  line(0, explanation.smart_host.empty() ? "by way of nothing: no smart_host is set"
                                         : "by way of " + explanation.smart_host);
  line(0, sender(explanation));
  return text;
}

std::string describe(const SmartHost& host) {
  std::string text = host.host + " port " + std::to_string(host.port);
  if (host.tls == Tls::none) text += " without TLS";
  if (host.tls == Tls::starttls) text += " with STARTTLS";
  if (host.tls == Tls::implicit) text += " with TLS";
  if (host.tls != Tls::none && !host.verify_certificate) text += ", unverified";
  return text + (host.user.empty() ? ", without authentication" : ", as " + host.user);
}

}  // namespace mailchute::config
