// SPDX-License-Identifier: GPL-3.0-or-later
// Mends a message that is pushed in pieces and hands it on: the header is gathered and, once it is
// whole, mended and handed on with the envelope; the body goes through as it comes. What comes out
// is the same however the message is cut. The header is held, up to kMaxHeader octets, the body is
// not. What goes in a circle is refused. The commit stays outside.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "mail/header.h"
#include "mail/submission.h"

namespace mailchute::mail {

// Where the message goes.
class Destination {
 public:
  // Once, before the first write(); the envelope lives as long as the intake.
  virtual Result<> begin(const Envelope& envelope) = 0;
  virtual Result<> write(std::string_view text) = 0;

 protected:
  ~Destination() = default;
};

class Intake {
 public:
  // Usually one of submission.h's prepare() with all but the header.
  using Prepare = std::function<Result<Submission>(const Header&)>;

  Intake(Prepare prepare, Destination& destination)
      : prepare_(std::move(prepare)), destination_(&destination) {}

  // Text with LF line ends. After an error the message is lost: nothing more is handed on, and
  // finish() says the same again.
  Result<> feed(std::string_view text);
  // At the end of the message: an error means that it must not be committed.
  Result<> finish();

  // Of a message that was handed on.
  Submission& submission() { return *submission_; }

 private:
  Result<> take(std::string_view text);
  Result<> begin();

  Prepare prepare_;
  Destination* destination_;
  HeaderReader reader_;
  std::optional<Submission> submission_;  // once the header is whole
  std::optional<Error> trouble_;
};

}  // namespace mailchute::mail
