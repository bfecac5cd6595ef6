// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever is in an info file: what was understood of it is understood again when it is written anew.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/input.h"
#include "queue/retry_info.h"

using namespace mailchute;

namespace {

queue::RetryInfo read_again(std::string_view text) {
  static const int file = ::memfd_create("info", MFD_CLOEXEC);
  static const std::string name = "/proc/self/fd/" + std::to_string(file);
  fuzz::require(::ftruncate(file, 0) == 0);
  fuzz::require(::pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  return queue::read_retry_info(AT_FDCWD, name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto info = read_again(fuzz::Input(data, size).rest());
  const std::string text = queue::format_retry_info(info);
  const std::string more =
      (info.likeness.empty() ? "" : info.likeness + "\n") + (info.by_hand ? "by hand\n" : "");
  fuzz::require(text.ends_with("\n" + more) &&
                fuzz::printable(text.substr(0, text.size() - 1 - more.size())));
  auto cut = info;
  cut.reason.resize(std::min<std::size_t>(cut.reason.size(), 1000));
  fuzz::require(read_again(text) == cut);
  return 0;
}
