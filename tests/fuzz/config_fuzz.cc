// SPDX-License-Identifier: GPL-3.0-or-later
// Any text as a configuration file: each mistake is one line that names the file, a file without
// mistakes gives settings that the programs can rely on, and the front end, which complains of
// nothing, understands such a file in the same way.
#include <sys/mman.h>
#include <unistd.h>

#include <set>

#include "config/load.h"
#include "config/smart_host_routes.h"
#include "fuzz/input.h"

using namespace mailchute;

// libconfig 1.5 forgets what it has read so far when it meets a syntax error, and looking for leaks
// after each of those takes most of the time. The unit tests look for ours.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

namespace {

std::string as_file(std::string_view text) {
  static const int file = ::memfd_create("conf", MFD_CLOEXEC);
  fuzz::require(::ftruncate(file, 0) == 0);
  fuzz::require(::pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  return "/proc/self/fd/" + std::to_string(file);
}

void check_smart_host(const config::SmartHost& host) {
  fuzz::require(!host.host.empty() && host.port != 0);
  fuzz::require(fuzz::printable(host.host + host.tls_name));
}

// All mail has somewhere to go, and each smart host something to do.
void check_routes(const config::Settings& settings) {
  const config::SmartHostRoutes routes(settings);
  std::set<std::size_t> used;
  for (const auto& hosts : routes.hosts()) {
    fuzz::require(!hosts.empty());
    for (const std::size_t host : hosts) fuzz::require(host < settings.smart_hosts.size());
    used.insert(hosts.begin(), hosts.end());
  }
  fuzz::require(used.size() == settings.smart_hosts.size());
  for (const std::string path : {"", "root", "me@here.example", "\"a b\"@[192.0.2.1]", "@"})
    fuzz::require(routes.of(path, "you@there.example") < routes.hosts().size());
}

void check_submission(const config::Settings& settings, std::string_view text) {
  const auto loaded = config::load_for_submission(as_file(text));
  fuzz::require(loaded.readable);
  const config::Settings& seen = loaded.settings;
  fuzz::require(seen.queue_directory == settings.queue_directory);
  fuzz::require(seen.run_directory == settings.run_directory);
  fuzz::require(seen.ignore_dots == settings.ignore_dots);
  fuzz::require(seen.message_size_limit == settings.message_size_limit);
  fuzz::require(seen.drop_directory_open == settings.drop_directory_open);
  fuzz::require(seen.submission_socket_open == settings.submission_socket_open);
  if (!settings.hostname.empty()) fuzz::require(seen.hostname == settings.hostname);
  fuzz::require(seen.domain == (settings.domain.empty() ? seen.hostname : settings.domain));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::Input(data, size).rest());
  const auto loaded = config::load_text(text, "conf");
  for (const auto& mistake : loaded.mistakes)
    fuzz::require(mistake.starts_with("conf:") && fuzz::printable(mistake));
  fuzz::require(loaded.readable || !loaded.mistakes.empty());
  const config::Settings& settings = loaded.settings;
  fuzz::require(settings.queue_directory.starts_with('/') && settings.run_directory.starts_with('/'));
  fuzz::require(fuzz::printable(settings.hostname + settings.domain));
  fuzz::require(settings.retry.first.count() > 0 && settings.sync_every > 0);
  if (!loaded.mistakes.empty()) return 0;
  for (const config::SmartHost& host : settings.smart_hosts) check_smart_host(host);
  check_routes(settings);
  check_submission(settings, text);
  return 0;
}
