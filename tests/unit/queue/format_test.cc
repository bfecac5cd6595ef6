// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/format.h"

#include <gtest/gtest.h>

#include <utility>

#include "fixture.h"

namespace mailchute::queue {
namespace {

mail::Envelope full_envelope() {
  mail::Envelope envelope =
      envelope_to({"a@example.org", "\"a> NOTIFY=NEVER <b\\\"\"@example.org"});
  envelope.recipients[0].notify = {.success = true, .failure = true, .delay = true};
  envelope.recipients[0].original = "rfc822;a+2Bb@example.org>";
  envelope.recipients[1].notify.never = true;
  envelope.recipients.push_back({"\xc3\xbc@example.org", "rfc822;u", {}});
  envelope.recipients.push_back({"no> NOTIFY=NEVER\n@@", "", {}, "two '@' \x01"});
  envelope.body = mail::BodyType::eight_bit_mime;
  envelope.recipients[2].expanded = true;
  envelope.ret = mail::Return::headers;
  envelope.envelope_id = "id+20x";
  envelope.wait_for_queue_run = true;
  return envelope;
}

Progress full_progress() {
  Progress progress;
  progress.status = "~!?-";
  progress.replies = {{1, "550 5.1.1 who?\nreally\\", "mail>.example"}, {3, "-"}};
  progress.delay = DelayNotice::owed;
  progress.held = "550 5.7.1 not \x01 yours";
  progress.owner = 4294967295;
  progress.notification = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  return progress;
}

Result<Head> parsed(const std::string& octets) { return parse_head(octets, octets.size()); }

void expect_refused(const std::string& octets) {
  const auto head = parsed(octets);
  ASSERT_FALSE(head) << octets;
  EXPECT_EQ(head.error().kind, Error::Kind::data) << octets;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

TEST(Format, ReadsLikeThis) {
  EXPECT_EQ(format_envelope(full_envelope()),
            "Mailchute-Time: 1790000000.123\n"
            "Mailchute-Uid: " +
                std::to_string(::getuid()) +
                "\n"
                "Mailchute-Sender: <sender@example.org>\n"
                "Mailchute-Recipient: <a@example.org> NOTIFY=SUCCESS,FAILURE,DELAY"
                " ORCPT=rfc822;a+2Bb@example.org>\n"
                "Mailchute-Recipient: <\"a\\x3e NOTIFY=NEVER <b\\\\\"\"@example.org> NOTIFY=NEVER\n"
                "Mailchute-Recipient: <\xc3\xbc@example.org> EXPANDED ORCPT=rfc822;u\n"
                "Mailchute-Bad-Recipient: <no\\x3e NOTIFY=NEVER\\n@@> two '@' \\x01\n"
                "Mailchute-Body: 8BITMIME\n"
                "Mailchute-Return: HDRS\n"
                "Mailchute-Envelope-Id: id+20x\n"
                "Mailchute-Wait: yes\n");
  EXPECT_EQ(format_progress(full_progress()),
            "Mailchute-Status: ~!?-\n"
            "Mailchute-Owner: 4294967295\n"
            "Mailchute-Notification: 01ARZ3NDEKTSV4RRFFQ69G5FAV\n"
            "Mailchute-Delay: owed\n"
            "Mailchute-Reply: 1 <mail\\x3e.example> 550 5.1.1 who?\\nreally\\\\\n"
            "Mailchute-Reply: 3 <> -\n"
            "Mailchute-Held: 550 5.7.1 not \\x01 yours\n");
  EXPECT_EQ(format_entry_line(12, 345, Digest{0xab}),
            "Mailchute-Entry: 1 00000000000000000012 00000000000000000345 "
            "ab000000000000000000000000000000\n");
  EXPECT_EQ(format_entry_line(0, 0, {}).size(), kEntryLineLength);
}

TEST(Format, GivesBackWhatWasWritten) {
  const auto octets = entry_octets(full_envelope(), kMessage, full_progress());
  const auto head = parsed(octets);
  ASSERT_TRUE(head) << head.error().text;
  EXPECT_EQ(head->envelope, full_envelope());
  EXPECT_EQ(head->progress.status, "~!?-");
  EXPECT_EQ(head->progress.owner, 4294967295u);
  EXPECT_EQ(head->progress.notification, "01ARZ3NDEKTSV4RRFFQ69G5FAV");
  EXPECT_EQ(head->progress.replies, full_progress().replies);
  EXPECT_EQ(head->progress.delay, DelayNotice::owed);
  EXPECT_EQ(head->progress.held, "550 5.7.1 not \x01 yours");
  EXPECT_EQ(octets.substr(head->status_offset, 4), "~!?-");
  EXPECT_EQ(octets.substr(head->message_offset), kMessage);
  EXPECT_EQ(head->message_length, sizeof kMessage - 1);
}

TEST(Format, EachBodyAndReturnGoesThere) {
  using mail::BodyType;
  using mail::Return;
  for (const auto body : {BodyType::unspecified, BodyType::seven_bit, BodyType::eight_bit_mime,
                          BodyType::binary_mime}) {
    for (const auto ret : {Return::unspecified, Return::full, Return::headers}) {
      auto envelope = envelope_to({"a@b"});
      envelope.body = body;
      envelope.ret = ret;
      EXPECT_EQ(parsed(entry_octets(envelope, ""))->envelope, envelope);
    }
  }
}

TEST(Format, EveryCutIsRefused) {
  const auto octets = entry_octets(full_envelope(), kMessage, full_progress());
  for (std::size_t cut = 0; cut < octets.size(); ++cut) {
    expect_refused(octets.substr(0, cut));
    // As much of it read, but the file is whole: too little only where the head is cut.
    const auto length = head_length(octets.substr(0, cut));
    ASSERT_TRUE(length) << cut;
    EXPECT_TRUE(*length == 0 || *length == octets.size() - (sizeof kMessage - 1)) << cut;
  }
}

TEST(Format, EveryChangedOctetOfTheHeadIsRefusedOrSeen) {
  const auto octets = entry_octets(full_envelope(), kMessage, full_progress());
  const auto good = *parsed(octets);
  for (std::size_t at = 0; at < good.message_offset; ++at) {
    auto changed = octets;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    const auto head = parsed(changed);
    if (!head) continue;
    const bool seen = format_progress(head->progress) != format_progress(good.progress) ||
                      head->envelope != good.envelope || head->digest != good.digest;
    EXPECT_TRUE(seen) << at;
  }
}

TEST(Format, LengthsThatDoNotAddUpAreRefused) {
  const auto octets = entry_octets(envelope_to({"a@b"}), kMessage);
  EXPECT_FALSE(parse_head(octets, octets.size() - 1));
  EXPECT_FALSE(parse_head(octets, octets.size() + 1));
  EXPECT_FALSE(parse_head(octets, 0));
  const auto line = octets.substr(0, kEntryLineLength);
  const auto with_lengths = [&](std::string_view envelope, std::string_view message) {
    auto changed = octets;
    changed.replace(19, 20, envelope).replace(40, 20, message);
    return changed;
  };
  constexpr std::string_view kZero = "00000000000000000000";
  constexpr std::string_view kMost = "18446744073709551615";
  constexpr std::string_view kTooMuch = "99999999999999999999";
  for (const auto a : {kZero, kMost, kTooMuch, std::string_view("0000000000000000001x")}) {
    for (const auto b : {kZero, kMost, kTooMuch}) expect_refused(with_lengths(a, b));
  }
  // 2^64 - n and n + size: adds up when it wraps.
  expect_refused(with_lengths("00000000000000000040", "18446744073709551615"));
}

TEST(Format, AnEntryLineOfAnotherFormIsRefused) {
  const auto good = format_entry_line(40, 7, Digest{0xab});
  EXPECT_TRUE(head_length(good)) << head_length(good).error().text;
  for (std::size_t at = 17; at < good.size(); ++at) {
    for (const char octet : {' ', '\n', '+', 'A', 'g', '\0', '\xff'}) {
      auto changed = good;
      if (std::exchange(changed[at], octet) == octet) continue;
      const auto length = head_length(changed + std::string(64, ' '));
      EXPECT_TRUE(!length || *length == 0) << at << " " << changed;
    }
  }
}

TEST(Format, RefusesWhatItCouldNotHaveWritten) {
  const auto octets = entry_octets(full_envelope(), kMessage, full_progress());
  const std::pair<std::string_view, std::string_view> changes[] = {
      {"Status: ~!?", "Status: ~!x"},
      {"Status: ~!?", "Status: ~!"},
      {"Delay: owed", "Delay: none"},
      {"Reply: 1 ", "Reply: 4 "},
      {"Reply: 1 ", "Reply: 01 "},
      {"Reply: 1 ", "Reply: x "},
      {"Reply: 1 <", "Reply: 1 "},
      {"Reply: 3 <>", "Reply: 3 <a"},
      {"\\nreally", "\\qreally"},
      {"Owner: 4294967295", "Owner: 4294967296"},
      {"Owner: 4294967295", "Owner: -1"},
      {"Entry: 1 ", "Entry: 2 "},
      {"Mailchute-Held:", "Mailchute-Hold:"},
      {"Notification: 01ARZ3", "Notification: 91ARZ3"},
      {"Notification: 01ARZ3", "Notification: ../Z3"},
  };
  for (const auto& [what, with] : changes) expect_refused(replaced(octets, what, with));
}

// The same with an envelope whose length and digest are right.
TEST(Format, RefusesEnvelopesWrittenByHand) {
  const auto good = format_envelope(full_envelope());
  const std::pair<std::string_view, std::string_view> changes[] = {
      {"Time: 1790000000.123", "Time: 1790000000"},
      {"Time: 1790000000.123", "Time: 01790000000.12"},
      {"Time: 1790000000.123", "Time: 999999999999.000"},
      {"Mailchute-Uid: ", "Mailchute-Uid: 9999999999"},
      {"Sender: <sender", "Sender: <sen\tder"},
      {"<sender@example.org>", "sender@example.org"},
      {"<sender@example.org>", "<sender@example.org> "},
      {"<sender@example.org>", "<sender@example.org> SIZE=1"},
      {"Recipient: <a@example.org>", "Recipient: <>"},
      {"NOTIFY=SUCCESS,FAILURE,DELAY", "NOTIFY=FAILURE,SUCCESS,DELAY"},
      {"NOTIFY=SUCCESS,FAILURE,DELAY", "NOTIFY=SOMETIMES"},
      {"NOTIFY=SUCCESS,FAILURE,DELAY", "NOTIFY="},
      {" EXPANDED ORCPT=rfc822;u", " ORCPT=rfc822;u EXPANDED"},
      {" EXPANDED", "  EXPANDED"},
      {"ORCPT=rfc822;u", "ORCPT="},
      {"ORCPT=rfc822;u", "ORCPT=rfc822;u v"},
      {"ORCPT=rfc822;u", "ORCPT=rfc822;u\r"},
      {"<no\\x3e", "no\\x3e"},
      {"> two '@' \\x01", ">"},
      {"> two '@' \\x01", "> "},
      {"> two '@' \\x01", "> two '@' \x01"},
      {"8BITMIME", "9BITMIME"},
      {"Return: HDRS", "Return: HDRS "},
      {"Envelope-Id: id+20x", "Envelope-Id: "},
      {"Wait: yes\n", "Wait: no\n"},
      {"Wait: yes\n", "Wait: yes\nX: y\n"},
      {"Wait: yes\n", "Wait: yes"},
      {"Mailchute-Wait", "\nMailchute-Wait"},
  };
  for (const auto& [what, with] : changes) {
    const auto text = replaced(good, what, with);
    expect_refused(format_entry_line(text.size(), 0, {}) + text);
  }
}

TEST(Format, TooManyOrNoRecipientsAreRefused) {
  auto envelope = envelope_to({});
  EXPECT_FALSE(check_envelope(envelope));
  expect_refused(entry_octets(envelope, ""));
  envelope.recipients.assign(kMaxRecipients, {"a@b", {}, {}});
  EXPECT_TRUE(check_envelope(envelope));
  EXPECT_TRUE(parsed(entry_octets(envelope, "")));
  envelope.recipients.push_back({"a@b", {}, {}});
  EXPECT_FALSE(check_envelope(envelope));
  expect_refused(entry_octets(envelope, ""));
}

TEST(Format, WhatIsNoAddressIsKeptButIsNoRecipient) {
  auto envelope = envelope_to({});
  envelope.recipients.push_back({"", {}, {}, "empty address"});
  EXPECT_FALSE(check_envelope(envelope)) << "nobody to send it to";
  envelope.recipients.insert(envelope.recipients.begin(), {"a@b", {}, {}});
  for (const std::string& written : {std::string(), std::string("\0\n>\" \xff", 6)}) {
    envelope.recipients[1].address = written;
    const auto head = parsed(entry_octets(envelope, kMessage));
    ASSERT_TRUE(head) << head.error().text;
    EXPECT_EQ(head->envelope, envelope);
  }
  envelope.recipients[1].address.assign(kMaxAddress + 1, 'a');
  EXPECT_FALSE(check_envelope(envelope));
  envelope.recipients[1].address.clear();
  envelope.recipients[1].defect.assign(kMaxAddress + 1, 'a');
  EXPECT_FALSE(check_envelope(envelope));
  envelope.recipients[1] = {"", "rfc822;x", {}, "empty"};
  EXPECT_FALSE(check_envelope(envelope)) << "nothing could be said of it on the line";
}

TEST(Format, OddAddressesGoThere) {
  for (const std::string address :
       {"\"a> b\\\\\\\"\"@c", "a@[x>\"y]", "a\\x3e@b", "\xff@b", "<a", "a b", "a@b\"c", "@", "<"}) {
    const auto envelope = envelope_to({address});
    ASSERT_TRUE(check_envelope(envelope)) << address;
    const auto head = parsed(entry_octets(envelope, kMessage));
    ASSERT_TRUE(head) << head.error().text;
    EXPECT_EQ(head->envelope, envelope);
  }
}

TEST(Format, AddressesThatCouldBreakOutAreRefused) {
  for (const std::string address :
       {"", "a\n@b", "a\r@b", "a>@b", "\"a@b", "\"a\\\"@b", "a@b> NOTIFY=NEVER", "a@[b>"}) {
    EXPECT_FALSE(check_envelope(envelope_to({address}))) << address;
  }
  EXPECT_FALSE(check_envelope(envelope_to({std::string("a\0b@c", 5)})));
  EXPECT_FALSE(check_envelope(envelope_to({std::string(kMaxAddress + 1, 'a')})));
  EXPECT_TRUE(check_envelope(envelope_to({std::string(kMaxAddress, 'a')})));
  auto envelope = envelope_to({"a@b"});
  envelope.reverse_path = "a\nb";
  EXPECT_FALSE(check_envelope(envelope));
  envelope.reverse_path.clear();
  EXPECT_TRUE(check_envelope(envelope)) << "the null reverse-path";
  for (const char* id : {"a b", "a+0Ab", "+"}) {
    envelope.envelope_id = id;
    EXPECT_FALSE(check_envelope(envelope)) << id;
  }
  envelope.envelope_id.clear();
  envelope.recipients[0].original = "rfc822;a\nb";
  EXPECT_FALSE(check_envelope(envelope));
}

TEST(Format, LongRepliesAreCutToWhatFits) {
  for (const std::size_t recipients : {1u, 100u, 50000u}) {
    Progress progress;
    progress.status.assign(recipients, '!');
    for (std::size_t i = 0; i < recipients; ++i) {
      progress.replies.push_back({i, std::string(2000, i % 2 == 0 ? 'x' : '\x01'), std::string(i % 255, 'h')});
    }
    progress.held = std::string(2000, '\xff');
    const auto text = format_progress(progress);
    EXPECT_LE(text.size(), kMaxProgress);
    auto envelope = envelope_to({});
    envelope.recipients.assign(recipients, {"a@b", {}, {}});
    const auto head = parsed(entry_octets(envelope, "", progress));
    ASSERT_TRUE(head) << head.error().text;
    EXPECT_EQ(format_progress(head->progress), text) << "cut once, and then no more";
    EXPECT_GE(head->progress.replies[0].text.size(), 100u);
  }
}

TEST(Format, EndlessHeadsAreRefusedInTime) {
  const std::string endless = "Mailchute-Status: " + std::string(kMaxProgress, '-');
  EXPECT_EQ(*head_length(endless.substr(0, 1000)), 0u);
  EXPECT_FALSE(head_length(endless + std::string(100, '-')));
  EXPECT_FALSE(head_length("From somebody"));
}

TEST(Format, TimesAreExactAndBounded) {
  EXPECT_EQ(format_time(Time{}), "0.000");
  EXPECT_EQ(*parse_time("99999999999.999"), Time(Milliseconds(99999999999999)));
  for (const char* text : {"", ".", "1", "1.", "1.00", ".000", "-1.000", "1.0000", "1.00x",
                           "100000000000.000", " 1.000"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
  auto envelope = envelope_to({"a@b"});
  envelope.time = Time(Milliseconds(-1));
  EXPECT_FALSE(check_envelope(envelope));
}

}  // namespace
}  // namespace mailchute::queue
