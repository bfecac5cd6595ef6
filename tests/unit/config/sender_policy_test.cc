// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/sender_policy.h"

#include <gtest/gtest.h>

#include "config/load.h"

namespace mailchute::config {
namespace {

using Kind = mail::SenderPolicy::Kind;

Settings settings(const std::string& smart_host, const std::string& names) {
  const Loaded loaded = load_text("smart_host = { host = \"h\"; " + smart_host + " };" + names, "m.conf");
  EXPECT_TRUE(loaded.mistakes.empty()) << loaded.mistakes.front();
  return loaded.settings;
}

mail::SenderPolicy policy(const Settings& all) { return sender_policy(all, all.smart_hosts.front()); }
std::string advice(const Settings& all) { return sender_advice(all, all.smart_hosts.front()); }

constexpr char kNames[] = "hostname = \"web1.example.org\"; domain = \"example.org\";";

TEST(SenderPolicySettings, BecomeThePolicy) {
  EXPECT_EQ(policy(settings("", kNames)).kind, Kind::domain);
  EXPECT_EQ(policy(settings("sender = \"domain\";", kNames)).as_sent("root@localhost"), "root@example.org");
  EXPECT_EQ(policy(settings("sender = \"keep\";", kNames)).kind, Kind::keep);
  const auto fixed = policy(settings("sender = \"a@b.example\"; sender_exceptions = [ \"*@c\", \"*@d\" ];", kNames));
  EXPECT_EQ(fixed.kind, Kind::fixed);
  EXPECT_EQ(fixed.as_sent("root@web1.example.org"), "a@b.example");
  EXPECT_EQ(fixed.as_sent("x@d"), "x@d");
}

TEST(SenderPolicySettings, AdviseWhereNobodyCanReply) {
  const std::string undotted = "hostname = \"web1\"; domain = \"web1\";";
  EXPECT_EQ(advice(settings("", undotted)),
            "mail of this machine will be from root@web1, which most smart hosts refuse; set domain = "
            "\"example.org\"; or, in smart_host, sender = \"alerts@example.org\";");
  EXPECT_NE(advice(settings("sender = \"keep\";", "hostname = \"web1\"; domain = \"example.org\";")), "");
  EXPECT_EQ(advice(settings("", "hostname = \"web1\"; domain = \"example.org\";")), "");
  EXPECT_EQ(advice(settings("sender = \"a@b.example\";", undotted)), "");
  EXPECT_EQ(advice(settings("sender = \"keep\";", kNames)), "");
}

}  // namespace
}  // namespace mailchute::config
