// SPDX-License-Identifier: GPL-3.0-or-later
// Any text as a configuration file: each mistake is one line that names the file, and a file without
// mistakes gives settings that the programs can rely on.
#include "config/load.h"
#include "fuzz/input.h"

using namespace mailchute;

// libconfig 1.5 forgets what it has read so far when it meets a syntax error.
extern "C" const char* __lsan_default_suppressions() { return "leak:libconfig\n"; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto loaded = config::load_text(std::string(fuzz::Input(data, size).rest()), "conf");
  for (const auto& mistake : loaded.mistakes)
    fuzz::require(mistake.starts_with("conf:") && fuzz::printable(mistake));
  fuzz::require(loaded.readable || !loaded.mistakes.empty());
  const config::Settings& settings = loaded.settings;
  fuzz::require(settings.queue_directory.starts_with('/') && settings.run_directory.starts_with('/'));
  fuzz::require(fuzz::printable(settings.hostname + settings.domain));
  fuzz::require(settings.retry.first.count() > 0 && settings.sync_every > 0);
  if (!settings.smart_host || !loaded.mistakes.empty()) return 0;
  fuzz::require(!settings.smart_host->host.empty() && settings.smart_host->port != 0);
  fuzz::require(fuzz::printable(settings.smart_host->host + settings.smart_host->tls_name));
  return 0;
}
