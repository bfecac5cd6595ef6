// SPDX-License-Identifier: GPL-3.0-or-later
// Any text as aliases, with itself as every list that they include: each complaint is one line that
// names its file, every name has a route that ends, and only addresses that can be sent come out.
#include "fuzz/input.h"
#include "mail/address_list.h"
#include "mail/routing.h"

using namespace mailchute;

namespace {

constexpr char kFile[] = "/etc/aliases";
constexpr char kHost[] = "web1.example.org";

void check(const mail::Route& route, const std::string& from, bool admin) {
  for (const mail::RouteStep& step : route.steps) {
    fuzz::require(fuzz::printable(mail::describe(step)) && step.depth <= mail::kMaxAliasDepth);
  }
  fuzz::require(route.addresses.empty() == (route.end != mail::Route::End::sent));
  fuzz::require(fuzz::printable(route.reason));
  fuzz::require(!admin || route.end != mail::Route::End::unusable || route.reason.starts_with("more than"));
  for (const std::string& address : route.addresses) {
    const auto parsed = mail::parse_address(address);
    fuzz::require(address == from || (parsed && mail::check(*parsed) && !parsed->bare()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const bool admin = input.octet() % 2 == 1;
  const std::string text(input.rest());
  std::size_t lists = 0;
  const mail::Aliases aliases(kFile, kHost, [&](const std::string&, std::size_t most) -> Result<std::string> {
    if (++lists > 5) return failure(Error::Kind::permission, "open it: Permission denied");
    return text.substr(0, most);
  });
  const mail::Router router(kHost, "example.org",
                            admin ? std::optional(mail::Address{"ops", "example.com"}) : std::nullopt, aliases);
  for (const std::string& line : router.complaints()) fuzz::require(line.starts_with('/') && fuzz::printable(line));
  for (const auto& [key, alias] : aliases.all()) {
    fuzz::require(!alias.targets.empty() && alias.line > 0);
    const std::string from = mail::Address{alias.name, kHost}.text();
    check(router.route(from), from, admin);
  }
  check(router.route(text), text, admin);
  return 0;
}
