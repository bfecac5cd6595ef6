// SPDX-License-Identifier: GPL-3.0-or-later
// sendmail, mailq, newaliases: options, configuration, one call, exit status.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "config/load.h"
#include "sendmail/mail_queue.h"
#include "sendmail/options.h"
#include "sendmail/report.h"
#include "sendmail/run_daemon.h"
#include "sendmail/smtp_server.h"
#include "sendmail/submit.h"
#include "sendmail/verify.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log_sink.h"

namespace mailchute::sendmail {
namespace {

constexpr char kDaemon[] = MAILCHUTE_SBINDIR "/mailchuted";

// A descriptor that the caller closed must not become one of our files.
void open_closed_descriptors() {
  pollfd standard[] = {{0, 0, 0}, {1, 0, 0}, {2, 0, 0}};
  ::poll(standard, 3, 0);
  for (const pollfd& entry : standard) {
    if ((entry.revents & POLLNVAL) != 0) (void)::open("/dev/null", O_RDWR);  // the lowest free one
  }
}

// inetd gives the same socket for all three: on it there is nothing but SMTP.
void keep_problems_out_of_smtp() {
  struct stat output {
  }, problems{};
  ::fstat(STDOUT_FILENO, &output);
  ::fstat(STDERR_FILENO, &problems);
  if (output.st_dev != problems.st_dev || output.st_ino != problems.st_ino) return;
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nowhere, STDERR_FILENO);
  ::close(nowhere);
}

int print(std::string_view text, Report& report) {
  const auto written = sys::write_all(STDOUT_FILENO, text, "standard output");
  return written ? EX_OK : report.failed(written.error());
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

// Mail is taken as long as there is a way in, whatever the configuration looks like. A container
// that has nothing of mailchute but the socket is as it should be.
Result<config::Settings> configuration(const Options& options, Report& report) {
  const std::string file = options.configuration_file.value_or(config::kDefaultFile);
  config::Loaded loaded = config::load_for_submission(file);
  if (loaded.readable) return std::move(loaded.settings);
  const bool queue = exists(loaded.settings.queue_directory);
  const bool socket = exists(loaded.settings.submission_socket());
  if (!options.configuration_file && socket && !queue && !exists(file))
    return std::move(loaded.settings);
  const auto mistakes = config::load(file).mistakes;
  const std::string mistake = mistakes.empty() ? file + ": cannot be read" : mistakes.front();
  if (options.configuration_file || (!queue && !socket))
    return failure(Error::Kind::config, mistake);
  report.warning(mistake + "; going on with defaults");
  return std::move(loaded.settings);
}

int run_submission(const Options& options, const config::Settings& settings, Report& report) {
  const auto submitted = submit(options, settings, STDIN_FILENO, ::getuid(), sys::now());
  if (!submitted) return report.failed(submitted.error());
  if (options.verbose) report.queued(submitted->id, submitted->envelope);
  if (options.bad_addresses != BadAddresses::quiet) {
    for (const mail::BadAddress& bad : submitted->bad) {
      report.problem(no_address(bad.text, bad.reason));
    }
  }
  const bool tell = options.bad_addresses != BadAddresses::mail && !submitted->bad.empty();
  return tell ? EX_DATAERR : EX_OK;
}

int run_smtp(const Options& options, const config::Settings& settings, Report& report) {
  const SmtpStreams streams{STDIN_FILENO, STDOUT_FILENO};
  const auto served = serve_smtp(streams, options, settings, ::getuid(), report);
  return served ? EX_OK : report.failed(served.error());
}

int run_listing(const config::Settings& settings, Report& report) {
  const Time now = sys::now();
  const auto text = mail_queue(settings, now, sys::utc_offset(now));
  return text ? print(*text, report) : report.failed(text.error());
}

int run_retry(const Options& options, const config::Settings& settings, Report& report) {
  const auto answer = retry(settings, options.filters);
  if (!answer) return report.failed(answer.error());
  if (options.verbose) report.note(*answer);
  return EX_OK;
}

int run_with_settings(const Options& options, Report& report) {
  const auto settings = configuration(options, report);
  if (!settings) return report.failed(settings.error());
  switch (options.mode) {
    case Mode::smtp: return run_smtp(options, *settings, report);
    case Mode::list_queue: return run_listing(*settings, report);
    case Mode::retry: return run_retry(options, *settings, report);
    default: return run_submission(options, *settings, report);
  }
}

// What the daemon does depends on all of the configuration.
int run_address_mode(const Options& options, Report& report) {
  const std::string file = options.configuration_file.value_or(config::kDefaultFile);
  const config::Loaded loaded = config::load(file);
  for (const std::string& mistake : loaded.mistakes) report.warning(mistake);
  if (!loaded.readable && options.configuration_file) return EX_CONFIG;
  switch (options.mode) {
    case Mode::verify: return verify(options, loaded.settings, ::getuid(), report);
    case Mode::test_addresses:
      return test_addresses(options, loaded.settings, ::getuid(), stdin, report);
    default: return check_aliases(loaded.settings, report);
  }
}

int run(const Options& options, Report& report) {
  for (const std::string& warning : options.warnings) report.warning(warning);
  switch (options.mode) {
    case Mode::version: return print("mailchute " MAILCHUTE_VERSION "\n", report);
    case Mode::help: return print(kUsage, report);
    case Mode::verify:
    case Mode::test_addresses:
    case Mode::check_aliases: return run_address_mode(options, report);
    case Mode::daemon:
    case Mode::foreground_daemon:
      return report.failed(
          run_daemon(kDaemon, options.mode == Mode::daemon, options.configuration_file));
    case Mode::submit:
    case Mode::smtp:
    case Mode::list_queue:
    case Mode::retry: return run_with_settings(options, report);
  }
  return EX_SOFTWARE;
}

std::string log_name(const Options& options) {
  return options.log_tag.empty() ? "sendmail" : options.log_tag;
}

int run(std::span<char* const> words) {
  open_closed_descriptors();
  std::signal(SIGPIPE, SIG_IGN);  // a closed standard error must not undo a submission
  std::signal(SIGXFSZ, SIG_IGN);  // a limit of file sizes is as good as a full disk
  const std::vector<std::string_view> arguments(words.begin(), words.end());
  auto options = parse_options(arguments);
  sys::StandardErrorSink terminal("sendmail", sys::StandardErrorSink::Form::plain);
  sys::SyslogSink log(options ? log_name(*options) : "sendmail");
  Report report(terminal, log);
  if (!options) return report.failed(options.error());
  if (options->mode == Mode::smtp) keep_problems_out_of_smtp();
  const char* const name = std::getenv("NAME");
  auto& full_name = options->request.full_name;
  if (!full_name && name != nullptr && *name != '\0') full_name = name;
  return run(*options, report);
}

}  // namespace
}  // namespace mailchute::sendmail

int main(int argc, char** argv) {
  try {
    return mailchute::sendmail::run({argv, static_cast<std::size_t>(argc)});
  } catch (const std::exception& trouble) {  // no memory left: what was not committed is gone
    std::fprintf(stderr, "sendmail: internal error: %s\n", trouble.what());
    return EX_SOFTWARE;
  }
}
