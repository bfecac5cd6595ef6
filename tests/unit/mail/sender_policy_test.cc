// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/sender_policy.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "mail/address_list.h"

namespace mailchute::mail {
namespace {

SenderPolicy policy(SenderPolicy::Kind kind, std::initializer_list<std::string_view> exceptions = {}) {
  SenderPolicy policy{.kind = kind, .hostname = "web1.example.org", .domain = "example.org"};
  policy.address = {"alerts", "relay.example"};
  for (const auto text : exceptions) policy.exceptions.push_back(AddressPattern::parse(text).value());
  return policy;
}

const SenderPolicy kKeep = policy(SenderPolicy::Kind::keep);
const SenderPolicy kDomain = policy(SenderPolicy::Kind::domain);
const SenderPolicy kFixed = policy(SenderPolicy::Kind::fixed);

Header read(std::string_view text) {
  HeaderReader reader;
  EXPECT_TRUE(reader.feed(text));
  reader.finish();
  EXPECT_EQ(reader.length(), text.size()) << text;
  return std::move(reader.header());
}

struct Sent {
  bool changed;
  std::string header;
};

// Twice is the same as once.
Sent sent(const SenderPolicy& policy, std::string_view header, std::string_view reverse_path) {
  Header fields = read(header);
  const bool changed = apply(policy, reverse_path, fields);
  Header again = read(fields.text());
  EXPECT_FALSE(apply(policy, reverse_path, again)) << fields.text() << again.text();
  return {changed, fields.text()};
}

struct Case {
  std::string_view before;
  std::string_view after;  // empty: nothing changes
};

void expect(const SenderPolicy& policy, std::initializer_list<Case> cases,
            std::string_view reverse_path = "root@web1.example.org") {
  for (const Case& one : cases) {
    const Sent got = sent(policy, one.before, reverse_path);
    EXPECT_EQ(got.header, one.after.empty() ? one.before : one.after);
    EXPECT_EQ(got.changed, !one.after.empty()) << one.before;
  }
}

struct Path {
  std::string_view before, after;
};

void expect_paths(const SenderPolicy& policy, std::initializer_list<Path> paths) {
  for (const Path& path : paths) {
    const std::string once = policy.as_sent(path.before);
    EXPECT_EQ(once, path.after) << path.before;
    EXPECT_EQ(policy.as_sent(once), once);
  }
}

TEST(SenderPolicy, KeepKeeps) {
  expect(kKeep, {{"From: root@localhost\nSender: x@web1.example.org\n", ""}, {"From: root\nFrom: (\n", ""}, {"", ""}});
  expect_paths(kKeep, {{"", ""}, {"root@localhost", "root@localhost"}, {"root", "root"}});
}

TEST(SenderPolicy, DomainGivesTheMachinesReversePathsTheDomain) {
  expect_paths(kDomain, {
                            {"", ""},
                            {"root", "root@example.org"},
                            {"root@web1.example.org", "root@example.org"},
                            {"root@WEB1.Example.Org", "root@example.org"},
                            {"root@localhost", "root@example.org"},
                            {"root@localhost.localdomain", "root@example.org"},
                            {"root@example.org", "root@example.org"},
                            {"ann@example.com", "ann@example.com"},
                            {"root@web1", "root@web1"},
                            {"bounces+ann=example.com@web1.example.org", "bounces+ann=example.com@example.org"},
                            {"\"a b\"@localhost", "\"a b\"@example.org"},
                            {"j\xc3\xbcrgen@localhost", "j\xc3\xbcrgen@example.org"},
                            {"odd@@x", "odd@@x"},
                        });
  const std::string longest(kMaxAddress - 10, 'x');
  EXPECT_EQ(kDomain.as_sent(longest + "@localhost"), longest + "@localhost");
}

TEST(SenderPolicy, DomainChangesOnlyTheDomainInTheHeader) {
  expect(kDomain, {
      {"From: root@web1.example.org\n", "From: root@example.org\n"},
      {"FROM : root (Cron Daemon)\n", "FROM : root@example.org (Cron Daemon)\n"},
      {"From: =?UTF-8?Q?J=C3=BCrgen?=\n\t<j@LOCALHOST>\n", "From: =?UTF-8?Q?J=C3=BCrgen?=\n\t<j@example.org>\n"},
      {"From: J\xc3\xbcrgen <j@localhost>\n", "From: J\xc3\xbcrgen <j@example.org>\n"},
      {"From: a@example.com, b@localhost,\n c@web1.example.org\n", "From: a@example.com, b@example.org,\n c@example.org\n"},
      {"From: Team: a@localhost, b@x;\nSender: a@localhost\n", "From: Team: a@example.org, b@x;\nSender: a@example.org\n"},
      {"From: ann@example.com\nSender: www-data@web1.example.org\n", "From: ann@example.com\nSender: www-data@example.org\n"},
      {"From: a@x\nReply-To: ops@localhost\n", "From: a@x\nReply-To: ops@example.org\n"},
      {"From: <@localhost,@b:a@localhost (x)> (y)\n", "From: <@localhost,@b:a@example.org (x)> (y)\n"},
      {"From: a @ (c) web1 . example . org\n", "From: a@example.org\n"},
      {"From: \"b@localhost\" <a@localhost>\n", "From: \"b@localhost\" <a@example.org>\n"},
      {"From: a@localhost\nFrom: b@localhost\n", "From: a@example.org\nFrom: b@example.org\n"},
      {"From: <a@localhost\nTo: b@localhost\nErrors-To: c@localhost\nX-From: d@localhost\n", ""},
      {"From: root@example.org\nTo: root@localhost\n", ""},
      {"From: root@web1\n", ""},
      {"From:\n", ""},
      {"From: two words\n", ""},
      {"", ""},
  });
}

TEST(SenderPolicy, DomainChangesNothingWhereItIsTheHostname) {
  SenderPolicy same = kDomain;
  same.domain = same.hostname;
  expect(same, {{"From: root@web1.example.org\n", ""}, {"From: root@WEB1.example.org\n", ""}, {"From: a@example.org\n", ""}});
  expect_paths(same, {{"root@web1.example.org", "root@web1.example.org"}, {"a@b", "a@b"}});
}

TEST(SenderPolicy, WhatIsExceptedStays) {
  const auto domain = policy(SenderPolicy::Kind::domain, {"root@web1.example.org", "*@LOCALHOST"});
  expect_paths(domain, {{"root@Web1.example.org", "root@Web1.example.org"}, {"bob@localhost", "bob@localhost"},
                        {"bob@web1.example.org", "bob@example.org"}});
  expect(domain, {{"From: root@web1.example.org, x@web1.example.org\n", "From: root@web1.example.org, x@example.org\n"}});
  const auto fixed = policy(SenderPolicy::Kind::fixed, {"*@example.com", "bounces+*@example.org", "alerts+*@relay.example"});
  expect_paths(fixed, {{"ann@example.com", "ann@example.com"}, {"ann@a.example.com", "alerts@relay.example"},
                       {"bounces+ann=example.net@localhost", "bounces+ann=example.net@example.org"},
                       {"alerts+web1@relay.example", "alerts+web1@relay.example"}});
  expect(fixed, {
      {"From: Ann <ann@example.com>\n", ""},
      {"From: ann@EXAMPLE.com, bob@example.com\nSender: ann@example.com\n", ""},
      {"From: bounces+1@localhost\n", "From: bounces+1@example.org\n"},
      {"From: ann@example.com\nSender: root@localhost\n", "From: ann@example.com\nSender: root on web1 <alerts@relay.example>\n"},
      {"From: bob@example.net\nSender: ann@example.com\n",
       "From: bob on web1 <alerts@relay.example>\nReply-To: bob@example.net\nSender: ann@example.com\n"},
  });
}

TEST(SenderPolicy, FixedHasOneReversePath) {
  expect_paths(kFixed, {{"", ""}, {"root@localhost", "alerts@relay.example"}, {"ann@example.com", "alerts@relay.example"},
                        {"root", "alerts@relay.example"}, {"odd@@x", "alerts@relay.example"},
                        {"alerts@relay.example", "alerts@relay.example"}, {"alerts@RELAY.example", "alerts@RELAY.example"},
                        {"alerts+web1@relay.example", "alerts@relay.example"}});
}

TEST(SenderPolicy, FixedSaysWhoItWasAndWhere) {
  expect(kFixed, {
      {"From: root@web1.example.org\n", "From: root on web1 <alerts@relay.example>\nReply-To: root@example.org\n"},
      {"From: root@example.org (Cron Daemon)\n",
       "From: Cron Daemon on web1 <alerts@relay.example>\nReply-To: Cron Daemon <root@example.org>\n"},
      {"From: \"(Cron Daemon)\" <bob@localhost>\n",
       "From: Cron Daemon on web1 <alerts@relay.example>\nReply-To: Cron Daemon <bob@example.org>\n"},
      {"From: <bob@localhost> (Bob \\(the\\) Builder)\n",
       "From: \"Bob (the) Builder on web1\" <alerts@relay.example>\nReply-To: \"Bob (the) Builder\" <bob@example.org>\n"},
      {"From: Ann Example <ann@example.com>\n", "From: Ann Example <alerts@relay.example>\nReply-To: Ann Example <ann@example.com>\n"},
      {"From: ann@example.com\n", "From: ann on web1 <alerts@relay.example>\nReply-To: ann@example.com\n"},
      {"From: \"ann@example.com\" <ann@example.com>\n", "From: ann on web1 <alerts@relay.example>\nReply-To: ann@example.com\n"},
      {"From: John Q. Public <j@example.com>\n",
       "From: \"John Q. Public\" <alerts@relay.example>\nReply-To: \"John Q. Public\" <j@example.com>\n"},
      {"From: \"Doe, John\" <j@localhost>\n",
       "From: \"Doe, John on web1\" <alerts@relay.example>\nReply-To: \"Doe, John\" <j@example.org>\n"},
      {"From: =?iso-8859-1?q?J=FCrgen?= <j@localhost>\n",
       "From: =?UTF-8?Q?J=C3=BCrgen_on_web1?= <alerts@relay.example>\n"
       "Reply-To: =?UTF-8?Q?J=C3=BCrgen?= <j@example.org>\n"},
      {"From: J\xc3\xbcrgen <j@localhost>\n",
       "From: =?UTF-8?Q?J=C3=BCrgen_on_web1?= <alerts@relay.example>\n"
       "Reply-To: =?UTF-8?Q?J=C3=BCrgen?= <j@example.org>\n"},
      {"From: =?KOI8-R?B?98HT0Q==?= =?KOI8-R?B?98HT0Q==?= <v@localhost>\n",
       "From: =?KOI8-R?B?98HT0Q==?=\n =?KOI8-R?B?98HT0Q==?= on web1 <alerts@relay.example>\n"
       "Reply-To: =?KOI8-R?B?98HT0Q==?=\n =?KOI8-R?B?98HT0Q==?= <v@example.org>\n"},
      {"From: alerts@relay.example\n", ""},
      {"From: Backup <alerts@Relay.example> (x)\nReply-To: a@b\n", ""},
  });
}

TEST(SenderPolicy, FixedMakesOneAuthorOfSeveral) {
  expect(kFixed, {
      {"From: Ann <ann@example.com>, bob@localhost\nSender: bob@localhost\nSubject: x\n",
       "From: Ann <alerts@relay.example>\nReply-To: Ann <ann@example.com>, bob@example.org\nSubject: x\n"},
      {"From: Team: a@x.example, b@y.example;\n", "From: a on web1 <alerts@relay.example>\nReply-To: a@x.example, b@y.example\n"},
      {"From: alerts@relay.example, b@y.example\n",
       "From: alerts on web1 <alerts@relay.example>\nReply-To: alerts@relay.example, b@y.example\n"},
      {"From: a@x.example\nX: y\nfrom: b@y.example\n",
       "From: a on web1 <alerts@relay.example>\nReply-To: a@x.example, b@y.example\nX: y\n"},
      {"From: alerts@relay.example\nSender: root@localhost\n", "From: alerts@relay.example\n"},
  });
}

TEST(SenderPolicy, FixedLeavesAReplyToThatIsThere) {
  expect(kFixed, {
      {"reply-to: ops@example.com\nFrom: root@localhost\n", "reply-to: ops@example.com\nFrom: root on web1 <alerts@relay.example>\n"},
      {"From: root@localhost\nReply-To: root@localhost\n", "From: root on web1 <alerts@relay.example>\nReply-To: root@example.org\n"},
      {"From: root@localhost\nReply-To:\n", "From: root on web1 <alerts@relay.example>\nReply-To:\n"},
  });
}

TEST(SenderPolicy, FixedNeedsNoReadableAuthor) {
  expect(kFixed, {
      {"Subject: x\n", "Subject: x\nFrom: root on web1 <alerts@relay.example>\n"},
      {"", "From: root on web1 <alerts@relay.example>\n"},
      {"From:\n", "From: root on web1 <alerts@relay.example>\n"},
      {"From: <>\n", "From: root on web1 <alerts@relay.example>\n"},
      {"From: two words\n", "From: root on web1 <alerts@relay.example>\n"},
      {"From: \"open <a@b>\n", "From: root on web1 <alerts@relay.example>\n"},
      {"From: undisclosed:;\n", "From: root on web1 <alerts@relay.example>\n"},
      {"From: alerts@relay.example, and, more words\n",
       "From: alerts on web1 <alerts@relay.example>\nReply-To: alerts@relay.example, and@example.org\n"},
  });
}

// A smart host with one sender wants it in From even where the reverse-path is null.
TEST(SenderPolicy, FixedSendsBouncesFromTheOneAddress) {
  expect(kFixed,
         {{"From: Mail Delivery System <MAILER-DAEMON@web1.example.org>\nAuto-Submitted: auto-replied\n",
           "From: Mail Delivery System on web1 <alerts@relay.example>\nAuto-Submitted: auto-replied\n"},
          {"From: ann@example.com\n", "From: ann on web1 <alerts@relay.example>\nReply-To: ann@example.com\n"},
          {"Subject: x\n", "Subject: x\nFrom: MAILER-DAEMON on web1 <alerts@relay.example>\n"}},
         "");
}

TEST(SenderPolicy, OfResentBlocksTheFirstIsOfNow) {
  const std::string_view two =
      "Resent-From: bob@localhost\nResent-Sender: root@localhost\nResent-To: x@y\nResent-From: old@localhost\n"
      "From: ann@example.com\n";
  expect(kDomain, {{two,
                    "Resent-From: bob@example.org\nResent-Sender: root@example.org\nResent-To: x@y\n"
                    "Resent-From: old@localhost\nFrom: ann@example.com\n"}});
  expect(kFixed, {{two,
                   "Resent-From: bob on web1 <alerts@relay.example>\nResent-Sender: root on web1 <alerts@relay.example>\n"
                   "Resent-To: x@y\nResent-From: old@localhost\n"
                   "From: ann on web1 <alerts@relay.example>\nReply-To: ann@example.com\n"},
                  {"Resent-Sender: root@localhost\nFrom: alerts@relay.example\n",
                   "Resent-Sender: root on web1 <alerts@relay.example>\nFrom: alerts@relay.example\n"},
                  {"Resent-To: x@y\nResent-From: alerts@relay.example\nFrom: alerts@relay.example\n", ""}});
}

std::size_t longest_line(std::string_view text) {
  std::size_t longest = 0;
  for (const std::string_view line : split(text, '\n')) longest = std::max(longest, line.size());
  return longest;
}

TEST(SenderPolicy, LinesStayShortWhateverTheLengths) {
  const std::string many = [] {
    std::string list = "bob@localhost";
    for (int i = 0; i < 12000; ++i) list += ",user" + std::to_string(i) + "@localhost";
    return list;
  }();
  const std::string word(200000, 'w');
  for (const std::string& from :
       {many, word + " <bob@localhost>", "\"" + word + "\" <bob@localhost>", "bob@localhost (" + word + ")",
        word + "@localhost", "bob@localhost, " + word + "@localhost", std::string(980, 'b') + "@localhost",
        std::string(800, 'b') + " <" + std::string(180, 'b') + "@localhost>"}) {
    for (const std::string& field : {"From: " + from + "\n", "Sender: a@b\nFrom:\n " + from + "\n"}) {
      const Sent fixed = sent(kFixed, field, "root@localhost");
      EXPECT_TRUE(fixed.changed);
      EXPECT_LE(longest_line(fixed.header), 998u) << field.substr(0, 100);
      const Sent domain = sent(kDomain, field, "root@localhost");
      EXPECT_TRUE(!domain.changed || longest_line(domain.header) <= 998) << field.substr(0, 100);
    }
  }
  EXPECT_EQ(parse_address_list(read(sent(kDomain, "From: " + many + "\n", "").header).fields[0].body()).addresses.size(), 12001u);
}

TEST(SenderPolicy, AWordThatNoLineHoldsStaysAsItIs) {
  const std::string field = "From: \"" + std::string(2000, 'w') + "\" <bob@localhost>\n";
  EXPECT_FALSE(sent(kDomain, field, "").changed);
}

}  // namespace
}  // namespace mailchute::mail
