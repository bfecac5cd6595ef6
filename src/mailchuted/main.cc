// SPDX-License-Identifier: GPL-3.0-or-later
#include <fcntl.h>
#include <getopt.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/text.h"
#include "config/load.h"
#include "mailchuted/keeper.h"
#include "mailchuted/open_log.h"
#include "mailchuted/privileges.h"
#include "sys/handed_over.h"
#include "sys/notify.h"
#include "sys/unique_fd.h"

namespace mailchute::mailchuted {
namespace {

constexpr char kUsage[] =
    "usage: mailchuted [-C FILE] [-b]\n"
    "  -C, --config FILE   configuration (default %s)\n"
    "  -b, --background    go to the background once mail is taken care of\n"
    "  -V, --version       version\n"
    "  -h, --help          this text\n"
    "It stays in the foreground unless -b is given. See mailchuted(8).\n";

struct Options {
  std::string file = config::kDefaultFile;
  bool background = false;
  std::optional<int> exit;  // nothing to do but to leave
};

Options parse(int argc, char** argv) {
  static const option long_options[] = {{"config", required_argument, nullptr, 'C'},
                                        {"background", no_argument, nullptr, 'b'},
                                        {"version", no_argument, nullptr, 'V'},
                                        {"help", no_argument, nullptr, 'h'},
                                        {nullptr, 0, nullptr, 0}};
  Options options;
  for (int c; (c = ::getopt_long(argc, argv, "C:bVh", long_options, nullptr)) != -1;) {
    switch (c) {
      case 'C': options.file = optarg; break;
      case 'b': options.background = true; break;
      case 'V':
        std::printf("mailchuted %s\n", MAILCHUTE_VERSION);
        options.exit = 0;
        break;
      case 'h':
        std::printf(kUsage, config::kDefaultFile);
        options.exit = 0;
        break;
      default: std::fprintf(stderr, kUsage, config::kDefaultFile); options.exit = 64;
    }
  }
  if (!options.exit && optind < argc) {
    std::fprintf(stderr, "mailchuted: unknown argument %s; see mailchuted --help\n", argv[optind]);
    options.exit = 64;
  }
  return options;
}

constexpr int kSoftware = 70;  // EX_SOFTWARE
constexpr int kConfig = 78;    // EX_CONFIG
// Of a worker whose keeper died: it closes them at once, if the machine is not too busy.
constexpr Milliseconds kOldListeners = Seconds(2);

int complain(const std::string& mistakes, int status = kConfig) {
  for (const std::string_view line : split(mistakes, '\n')) {
    std::fprintf(stderr, "mailchuted: %.*s\n", static_cast<int>(line.size()), line.data());
  }
  return status;
}

// The parent of a daemon in the background waits for it to be ready, so that trouble at the start
// is seen by who started it.
class Background {
 public:
  // Does not return in the parent.
  void enter() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    if (const pid_t child = ::fork(); child > 0) {
      ::close(ends[1]);
      ::_exit(status_of(child, ends[0]));
    }
    ::close(ends[0]);
    ready_.reset(ends[1]);
    ::setsid();
  }
  // In each process that is to stay.
  void ready() {
    if (!ready_) return;
    if (const int null = ::open("/dev/null", O_RDWR); null >= 0) {
      for (const int fd : {0, 1, 2}) ::dup2(null, fd);
      if (null > 2) ::close(null);
    }
    [[maybe_unused]] const auto written = ::write(ready_.get(), "1", 1);
    ready_.reset();
  }

 private:
  static int status_of(pid_t child, int ready) {
    char octet;
    if (::read(ready, &octet, 1) == 1) return 0;
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : kSoftware;
  }
  sys::UniqueFd ready_;
};

// Clients take descriptors; what a service manager gives at first is meant for select(2).
void raise_descriptor_limit() {
  constexpr rlim_t kEnough = 8192;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kEnough) return;
  limit.rlim_cur = std::min(limit.rlim_max, kEnough);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int run(const Options& options) {
  SmtpSockets smtp(sys::handed_over());
  sys::Notify notify = sys::Notify::from_environment();  // as long as its socket can be reached
  std::error_code error;  // the file may be read again, in another folder
  const std::string file = std::filesystem::absolute(options.file, error).string();
  if (error) return complain("cannot tell which folder this is: " + error.message());
  auto orders = read_orders(file);
  if (!orders) return complain(orders.error().text);
  const auto troubles = smtp.open(orders->settings, kOldListeners);
  if (auto dropped = drop_privileges(orders->settings); !dropped)
    return complain(dropped.error().text);
  if (::chdir("/") != 0) return complain("cannot enter /");
  raise_descriptor_limit();
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a limit of file sizes is as good as a full disk
  const config::LogTarget target = log_target(orders->settings, options.background);
  Background background;
  if (options.background) background.enter();
  const auto open = [&](const config::Settings& settings) {
    return open_log(settings, log_target(settings, options.background));
  };
  Keeper keeper(std::move(*orders), open, std::move(notify), Premises(std::move(smtp)),
                [&] { background.ready(); });
  keeper.log_troubles(troubles);
  const auto kept = keeper.run();
  if (kept) return 0;
  const int status = kept.error().kind == Error::Kind::system ? kSoftware : kConfig;
  return target == config::LogTarget::standard_error ? status : complain(kept.error().text, status);
}

}  // namespace
}  // namespace mailchute::mailchuted

int main(int argc, char** argv) {
  const auto options = mailchute::mailchuted::parse(argc, argv);
  return options.exit ? *options.exit : mailchute::mailchuted::run(options);
}
