// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/submit.h"

#include <algorithm>
#include <iterator>

#include "mail/dsn.h"
#include "mail/intake.h"
#include "queue/format.h"
#include "queue/queue_id.h"
#include "sendmail/message_source.h"
#include "sendmail/surroundings.h"
#include "sendmail/way_in.h"

namespace mailchute::sendmail {
namespace {

constexpr std::size_t kMaxNotified = 1000;  // with all that is written of them below kMaxEnvelope

// A daemon that is in the middle of this message hears from us while the caller is thinking.
void wait_for(const MessageSource& source, WayIn& way) {
  while (way.streaming() && !source.wait(WayIn::kSignOfLife)) way.keep_alive();
}

// What is no address goes into the envelope, and the daemon tells the sender of it, as far as he
// wants to be told and can be.
void leave_to_notification(mail::Submission& submission) {
  auto& recipients = submission.envelope.recipients;
  if (!mail::wants_report(submission.envelope, recipients.front(), mail::DsnAction::failed)) return;
  const std::size_t room =
      queue::kMaxRecipients - std::min(recipients.size(), queue::kMaxRecipients);
  const std::size_t count = std::min({submission.bad.size(), room, kMaxNotified});
  const auto end = submission.bad.begin() + static_cast<std::ptrdiff_t>(count);
  std::transform(submission.bad.begin(), end, std::back_inserter(recipients),
                 [](mail::BadAddress& bad) {
                   return mail::Recipient{std::move(bad.text), {}, {}, std::move(bad.reason)};
                 });
  submission.bad.erase(submission.bad.begin(), end);
}

Result<> pass_on(MessageSource& source, mail::Intake& intake, WayIn& way) {
  for (;;) {
    const auto text = source.next();
    if (!text) return failure(text.error());
    if (text->empty()) return intake.finish();
    if (auto fed = intake.feed(*text); !fed) return fed;
    wait_for(source, way);
  }
}

}  // namespace

Result<Submitted> submit(const Options& options, const config::Settings& settings, int input,
                         std::uint32_t uid, Time now) {
  auto way = WayIn::open(settings, queue::new_queue_id());
  if (!way) return failure(way.error());
  const auto prepare = [&](const mail::Header& header) {
    const bool with_login = mail::needs_login(header, options.request);
    auto submission = mail::prepare(header, options.request,
                                    surroundings(settings, uid, now, way->id(), with_login));
    if (submission && options.bad_addresses == BadAddresses::mail)
      leave_to_notification(*submission);
    return submission;
  };
  MessageSource source(input, options.ignore_dots || settings.ignore_dots);
  mail::Intake intake(prepare, *way);
  if (auto passed = pass_on(source, intake, *way); !passed) return failure(passed.error());
  if (auto committed = way->commit(); !committed) return failure(committed.error());
  return Submitted{way->id(), std::move(intake.submission().envelope),
                   std::move(intake.submission().bad)};
}

}  // namespace mailchute::sendmail
