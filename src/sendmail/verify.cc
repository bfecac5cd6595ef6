// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/verify.h"

#include <sysexits.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "base/text.h"
#include "config/explain.h"
#include "config/routing.h"
#include "mail/address_list.h"
#include "queue/control.h"
#include "sys/file.h"
#include "sys/identity.h"

namespace mailchute::sendmail {
namespace {

// The sender that a message of this caller would have.
Result<std::string> sender_of(const Options& options, const config::Settings& settings, std::uint32_t uid) {
  const auto& given = options.request.reverse_path;
  return mail::parse_reverse_path(given ? *given : sys::account_of(uid).login, settings.hostname);
}

class Verification {
 public:
  Verification(std::string sender, const config::Settings& settings, Report& report)
      : sender_(std::move(sender)), settings_(settings), report_(report),
        router_(config::read_routing(settings).router) {}

  // A list of addresses, as in a header field.
  void look_at(std::string_view text) {
    const mail::AddressList list = mail::parse_address_list(text);
    for (const mail::ListedAddress& listed : list.addresses) explain(listed.address.text());
    for (const mail::BadAddress& bad : list.bad) {
      report_.problem(no_address(bad.text, bad.reason));
      status_ = EX_DATAERR;
    }
  }

  int status() const { return status_; }

 private:
  void explain(const std::string& address) {
    const auto explanation = config::explain(address, sender_, settings_, router_);
    const auto said = sys::write_all(STDOUT_FILENO, config::text_of(explanation), "standard output");
    if (!said) status_ = report_.failed(said.error());
    const auto end = explanation.route.end;
    const bool nobody = end == mail::Route::End::refused || end == mail::Route::End::unusable;
    if (nobody && status_ == EX_OK) status_ = EX_NOUSER;
  }

  std::string sender_;
  const config::Settings& settings_;
  Report& report_;
  mail::Router router_;
  int status_ = EX_OK;
};

// The next line of standard input, without its end; false when there is none.
class Lines {
 public:
  ~Lines() { std::free(line_); }
  bool next() {
    length_ = ::getline(&line_, &size_, stdin);
    return length_ > 0;
  }
  std::string_view line() const { return trim({line_, static_cast<std::size_t>(length_)}); }

 private:
  char* line_ = nullptr;
  std::size_t size_ = 0;
  ssize_t length_ = 0;
};

void prompt() {
  if (::isatty(STDIN_FILENO) != 1) return;
  std::fputs("address: ", stdout);
  std::fflush(stdout);
}

}  // namespace

int verify(const Options& options, const config::Settings& settings, std::uint32_t uid, Report& report) {
  if (options.request.recipients.empty()) return report.failed({Error::Kind::usage, "-bv: no address given"});
  auto sender = sender_of(options, settings, uid);
  if (!sender) return report.failed(sender.error());
  Verification verification(std::move(*sender), settings, report);
  for (const std::string& argument : options.request.recipients) verification.look_at(argument);
  return verification.status();
}

int test_addresses(const Options& options, const config::Settings& settings, std::uint32_t uid, Report& report) {
  auto sender = sender_of(options, settings, uid);
  if (!sender) return report.failed(sender.error());
  Verification verification(std::move(*sender), settings, report);
  Lines lines;
  for (prompt(); lines.next(); prompt()) {
    if (!lines.line().empty()) verification.look_at(lines.line());
  }
  return verification.status();
}

int check_aliases(const config::Settings& settings, Report& report) {
  for (const std::string& complaint : config::read_routing(settings).router.complaints())
    report.warning(complaint);
  (void)queue::ask(settings.control_socket(), "RELOAD");
  return EX_OK;
}

}  // namespace mailchute::sendmail
