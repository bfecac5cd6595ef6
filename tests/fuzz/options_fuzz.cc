// SPDX-License-Identifier: GPL-3.0-or-later
// Any command line (one word a line): only an unknown mode is an error, every warning is one line and
// said once, and a value of -V is xtext whatever it was.
#include <set>

#include "fuzz/input.h"
#include "sendmail/options.h"

using namespace mailchute;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto words = split(fuzz::Input(data, size).rest(), '\n');
  const auto options = sendmail::parse_options(words);
  if (!options) {
    fuzz::require(options.error().kind == Error::Kind::usage);
    fuzz::require(fuzz::printable(options.error().text));
    return 0;
  }
  std::set<std::string> said;
  for (const auto& warning : options->warnings)
    fuzz::require(fuzz::printable(warning) && said.insert(warning).second);
  const std::string& id = options->request.envelope_id;
  fuzz::require(id.size() <= 100 && fuzz::printable(id) && id.find(' ') == id.npos);
  fuzz::require(options->request.recipients.size() < words.size());
  return 0;
}
