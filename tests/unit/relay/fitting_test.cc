// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/fitting.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "relay/message_stream.h"
#include "unit/queue/fixture.h"

namespace mailchute::relay {
namespace {

using queue::envelope_to;
using queue::QueueFixture;

const std::string kWords = "gr\xc3\xbc\xc3\x9f" "e\n";
const std::string kUtf8 = "j\xc3\xb6@x.example";

smtp::Extensions offering(bool eight_bit_mime, bool smtp_utf8 = false) {
  smtp::Extensions offered;
  offered.eight_bit_mime = eight_bit_mime;
  offered.smtp_utf8 = smtp_utf8;
  return offered;
}

class Fitting : public testing::Test {
 protected:
  Outgoing fit(const mail::Envelope& envelope, const std::string& text, const smtp::Extensions& offered,
               const smtp::Capabilities& without = {}) {
    mail::SenderPolicy policy;
    policy.hostname = "here.example";
    policy.domain = "here.example";
    auto message = Outgoing::prepare(it.entry(envelope, text), policy);
    message->without = without;
    return fitted(std::move(*message), offered).value();
  }
  static std::string sent(const Outgoing& message) {
    MessageStream stream(message);
    std::string text;
    for (auto piece = stream.next(); piece && !piece->empty(); piece = stream.next()) text += *piece;
    return text;
  }
  static std::uint64_t wire_size(const std::string& text) {
    return text.size() + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }

  QueueFixture it;
};

TEST_F(Fitting, MailThatNeedsNothingIsNotLookedAt) {
  const std::string text = "Subject: x\n\n" + kWords;
  const Outgoing message = fit(envelope_to({"a@a"}), text, offering(true));
  EXPECT_TRUE(message.plan.parts.empty());
  EXPECT_TRUE(message.transaction(1).eight_bit);
  EXPECT_TRUE(sent(message).ends_with(text));
}

TEST_F(Fitting, SizeIsThatOfWhatIsSent) {
  for (const std::string& body : {kWords, std::string(5000, 'x') + "\n", std::string(300000, 'x') + "\n" + kWords}) {
    const Outgoing message = fit(envelope_to({"a@a"}), "Subject: \xc3\xbc\n\n" + body, offering(false));
    const std::string text = sent(message);
    EXPECT_EQ(message.transaction(1).size, wire_size(text));
    EXPECT_FALSE(message.transaction(1).eight_bit);
    EXPECT_FALSE(mail::has_eight_bit(text));
  }
}

TEST_F(Fitting, ARecipientThatNeedsSmtpUtf8FailsAlone) {
  const auto envelope = envelope_to({"a@b\xc3\xbc" "cher.example", kUtf8, "b@b"});
  const Outgoing without = fit(envelope, "Subject: x\n\n", offering(true));
  EXPECT_EQ(without.recipients, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(without.addresses, (std::vector<std::string>{"a@xn--bcher-kva.example", "b@b"}));
  ASSERT_EQ(without.settled.size(), 1u);
  EXPECT_EQ(without.settled[0].recipient, 1u);
  EXPECT_FALSE(without.transaction(1).smtp_utf8);
  const Outgoing with = fit(envelope, "Subject: x\n\n", offering(true, true));
  EXPECT_EQ(with.recipients.size(), 3u);
  EXPECT_TRUE(with.transaction(1).smtp_utf8);
  EXPECT_EQ(with.transaction(1).recipients[1].address, kUtf8);
}

TEST_F(Fitting, ASenderThatNeedsSmtpUtf8IsHeld) {
  auto envelope = envelope_to({"b@b"});
  envelope.reverse_path = kUtf8;
  EXPECT_FALSE(fit(envelope, "Subject: x\n\n", offering(true)).held.empty());
  EXPECT_TRUE(fit(envelope, "Subject: x\n\n", offering(true, true)).held.empty());
}

TEST_F(Fitting, OnlyANotificationTakesItsChanceWithWhatIsSealed) {
  const std::string text = "Content-Type: multipart/signed; boundary=s\n\n--s\n\n" + kWords + "--s--\n";
  auto envelope = envelope_to({"b@b"});
  const Outgoing message = fit(envelope, text, offering(false));
  EXPECT_TRUE(message.recipients.empty());
  ASSERT_EQ(message.settled.size(), 1u);
  EXPECT_NE(message.settled[0].verdict.reply.find("5.6.3"), std::string::npos);
  envelope.reverse_path.clear();
  EXPECT_TRUE(sent(fit(envelope, text, offering(false))).ends_with(text));
}

TEST_F(Fitting, WhereOnlyTheParameterIsNotTakenWhatIsSealedGoesAsItIs) {
  const std::string text = "Content-Type: multipart/signed; boundary=s\n\n--s\n\n" + kWords + "--s--\n";
  const Outgoing sealed = fit(envelope_to({"b@b"}), text, offering(true), {smtp::Capability::eight_bit_mime});
  EXPECT_EQ(sealed.recipients.size(), 1u);
  EXPECT_TRUE(sent(sealed).ends_with(text));
  const Outgoing plain = fit(envelope_to({"b@b"}), "Subject: x\n\n" + kWords, offering(true),
                             {smtp::Capability::eight_bit_mime});
  EXPECT_FALSE(plain.eight_bit);
  EXPECT_EQ(sent(plain).find(kWords), std::string::npos);
}

TEST_F(Fitting, WithoutSmtpUtf8ARecipientThatNeedsItFailsAlone) {
  const Outgoing message = fit(envelope_to({"b@b", kUtf8}), "Subject: x\n\n", offering(true, true),
                               {smtp::Capability::smtp_utf8});
  EXPECT_EQ(message.addresses, std::vector<std::string>{"b@b"});
  EXPECT_FALSE(message.smtp_utf8);
}

}  // namespace
}  // namespace mailchute::relay
