// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/verify.h"

#include <sysexits.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "base/text.h"
#include "config/explain.h"
#include "config/routing.h"
#include "queue/control.h"
#include "sys/file.h"
#include "sys/identity.h"

namespace mailchute::sendmail {
namespace {

// A terminal takes no longer line; it has room for the longest address, with a name and comments.
constexpr std::size_t kLongestLine = 4096;

// The sender that a message of this caller would have.
std::string sender_of(const Options& options, std::uint32_t uid) {
  return options.request.reverse_path.value_or(sys::account_of(uid).login);
}

Result<> answer(config::Inquiry& inquiry, std::string_view list, Report& report) {
  const config::Inquiry::Answer answer = inquiry.ask(list);
  std::string text;
  for (const auto& explanation : answer.explanations) text += config::text_of(explanation);
  const auto written = sys::write_all(STDOUT_FILENO, text, "standard output");
  for (const mail::BadAddress& bad : answer.bad) report.problem(no_address(bad.text, bad.reason));
  return written;
}

// The lines of a file, without their ends. A long one is remembered no further than its bound.
class Lines {
 public:
  explicit Lines(std::FILE* input) : input_(input) {}

  bool next() {
    line_.clear();
    int octet = std::getc(input_);
    const bool found = octet != EOF;
    for (; octet != EOF && octet != '\n'; octet = std::getc(input_)) {
      if (line_.size() <= kLongestLine) line_.push_back(static_cast<char>(octet));
    }
    return found;
  }
  bool too_long() const { return line_.size() > kLongestLine; }
  std::string_view line() const { return trim(line_); }

 private:
  std::FILE* input_;
  std::string line_;
};

void prompt(std::FILE* input) {
  if (::isatty(::fileno(input)) != 1) return;
  std::fputs("address: ", stdout);
  std::fflush(stdout);
}

}  // namespace

int verify(const Options& options, const config::Settings& settings, std::uint32_t uid,
           Report& report) {
  if (options.request.recipients.empty())
    return report.failed({Error::Kind::usage, "-bv: no address given"});
  auto inquiry = config::Inquiry::of(sender_of(options, uid), settings);
  if (!inquiry) return report.failed(inquiry.error());
  for (const std::string& argument : options.request.recipients) {
    if (auto said = answer(*inquiry, argument, report); !said) return report.failed(said.error());
  }
  return inquiry->exit_status();
}

int test_addresses(const Options& options, const config::Settings& settings, std::uint32_t uid,
                   std::FILE* input, Report& report) {
  auto inquiry = config::Inquiry::of(sender_of(options, uid), settings);
  if (!inquiry) return report.failed(inquiry.error());
  int refused = EX_OK;
  Lines lines(input);
  for (prompt(input); lines.next(); prompt(input)) {
    if (lines.too_long()) {
      refused = report.failed({Error::Kind::data, "-bt: a line is longer than " +
                                                      std::to_string(kLongestLine) +
                                                      " octets; write an address a line"});
    } else if (!lines.line().empty()) {
      if (auto said = answer(*inquiry, lines.line(), report); !said)
        return report.failed(said.error());
    }
  }
  if (std::ferror(input) != 0) {
    return report.failed({Error::Kind::io, Error::from_errno("read", "standard input").text});
  }
  return refused == EX_OK ? inquiry->exit_status() : refused;
}

int check_aliases(const config::Settings& settings, Report& report) {
  for (const std::string& complaint : config::read_routing(settings).router.complaints())
    report.warning(complaint);
  (void)queue::ask(settings.control_socket(), "RELOAD");
  return EX_OK;
}

}  // namespace mailchute::sendmail
