// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/explain.h"

#include <sysexits.h>
#include <unistd.h>

#include "config/explain.h"
#include "config/load.h"
#include "mailchute/command.h"
#include "mailchute/json.h"
#include "sys/identity.h"

namespace mailchute {

int explain_addresses(const std::string& config_file, const ExplainOptions& options) {
  const config::Loaded loaded = config::load(config_file);
  for (const std::string& mistake : loaded.mistakes) (void)complain({Error::Kind::config, mistake});
  if (!loaded.readable) return EX_CONFIG;
  const std::string from = options.from.empty() ? sys::account_of(::getuid()).login : options.from;
  auto inquiry = config::Inquiry::of(from, loaded.settings);
  if (!inquiry) return complain(inquiry.error());
  for (const std::string& text : options.addresses) {
    const config::Inquiry::Answer answer = inquiry->ask(text);
    for (const config::Explanation& explanation : answer.explanations)
      print(options.json ? json_of(explanation) + "\n" : config::text_of(explanation));
    for (const mail::BadAddress& bad : answer.bad)
      (void)complain({Error::Kind::data, "'" + bad.text + "' is no address: " + bad.reason});
  }
  const int end = finished();
  return end == EX_OK ? inquiry->exit_status() : end;
}

}  // namespace mailchute
