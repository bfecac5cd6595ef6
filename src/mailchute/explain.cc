// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/explain.h"

#include <sysexits.h>
#include <unistd.h>

#include "base/text.h"
#include "config/explain.h"
#include "config/load.h"
#include "config/routing.h"
#include "mail/address_list.h"
#include "mailchute/command.h"
#include "mailchute/json.h"
#include "sys/identity.h"

namespace mailchute {
namespace {

int say(const config::Explanation& explanation, bool json) {
  print(json ? json_of(explanation) + "\n" : config::text_of(explanation));
  const auto end = explanation.route.end;
  const bool nobody = end == mail::Route::End::refused || end == mail::Route::End::unusable;
  return nobody ? EX_NOUSER : EX_OK;
}

}  // namespace

int explain_addresses(const std::string& config_file, const ExplainOptions& options) {
  const config::Loaded loaded = config::load(config_file);
  if (!loaded.readable) return complain({Error::Kind::config, loaded.mistakes.front()});
  const config::Settings& settings = loaded.settings;
  const std::string from = options.from.empty() ? sys::account_of(::getuid()).login : options.from;
  const auto sender = mail::parse_reverse_path(from, settings.hostname);
  if (!sender) return complain(sender.error());
  const mail::Router router = config::read_routing(settings).router;
  int status = EX_OK;
  for (const std::string& text : options.addresses) {
    const mail::AddressList list = mail::parse_address_list(text);
    for (const mail::ListedAddress& listed : list.addresses) {
      const int said = say(config::explain(listed.address.text(), *sender, settings, router), options.json);
      if (status == EX_OK) status = said;
    }
    for (const mail::BadAddress& bad : list.bad)
      status = complain({Error::Kind::data, "'" + bad.text + "' is no address: " + bad.reason});
  }
  const int end = finished();
  return end == EX_OK ? status : end;
}

}  // namespace mailchute
