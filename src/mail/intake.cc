// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/intake.h"

#include <algorithm>
#include <string>
#include <utility>

namespace mailchute::mail {
namespace {

// RFC 5321, 6.3: at least so many. Without it mail whose smart host leads back here never ends.
constexpr std::ptrdiff_t kMostHops = 100;

std::ptrdiff_t hops(const Header& header) {
  return std::count_if(header.fields.begin(), header.fields.end(),
                       [](const Field& field) { return field.is("Received"); });
}

}  // namespace

Result<> Intake::feed(std::string_view text) {
  if (!trouble_) {
    auto taken = take(text);
    if (taken) return {};
    trouble_ = std::move(taken.error());
  }
  return failure(*trouble_);
}

Result<> Intake::finish() {
  reader_.finish();
  return feed({});
}

Result<> Intake::take(std::string_view text) {
  if (submission_) return text.empty() ? Result<>() : destination_->write(text);
  if (auto fed = reader_.feed(text); !fed) return fed;
  return reader_.ended() ? begin() : Result<>();
}

Result<> Intake::begin() {
  if (hops(reader_.header()) > kMostHops) {
    return failure(Error::Kind::data, "the message goes in a circle: it has more than " +
                                          std::to_string(kMostHops) + " Received fields");
  }
  auto prepared = prepare_(reader_.header());
  if (!prepared) return failure(std::move(prepared.error()));
  submission_ = std::move(*prepared);
  if (auto begun = destination_->begin(submission_->envelope); !begun) return begun;
  if (auto written = destination_->write(submission_->header); !written) return written;
  if (auto written = destination_->write(reader_.body()); !written) return written;
  reader_ = HeaderReader();
  return {};
}

}  // namespace mailchute::mail
