// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/host_name.h"

#include <gtest/gtest.h>

namespace mailchute::config {
namespace {

TEST(HostName, LabelsWithDotsBetween) {
  for (const char* const good : {"mail.example.org", "localhost", "a_b-c.D1", "1.2.3.4"})
    EXPECT_TRUE(is_host_name(good)) << good;
  for (const char* const bad :
       {"", ".", "a.", ".a", "a..b", "a b", "a/b", "a@b", "a:b", "\xc3\xa9"})
    EXPECT_FALSE(is_host_name(bad)) << bad;
  EXPECT_TRUE(is_host_name(std::string(63, 'a')));
  EXPECT_FALSE(is_host_name(std::string(64, 'a')));
  std::string longest;
  for (int i = 0; i < 127; ++i) longest += "a.";
  EXPECT_FALSE(is_host_name(longest + "b"));
  EXPECT_TRUE(is_host_name(longest.substr(0, 253)));
}

TEST(HostName, ASmartHostMayBeAnAddress) {
  for (const char* const good : {"mail.example.org", "192.0.2.1", "2001:db8::1", "::1"})
    EXPECT_EQ(host_complaint(good), "") << good;
}

TEST(HostName, AComplaintSaysWhatToWriteInstead) {
  const struct {
    const char* host;
    const char* complaint;
  } cases[] = {
      {"", "the name is empty; write host = \"mail.example.org\";"},
      {"smtp://mail.example.org", "only the name, no URL; write host = \"mail.example.org\";"},
      {"[mail.b.org]", "no brackets; write host = \"mail.b.org\";"},
      {"[2001:db8::1]", "no brackets; write host = \"2001:db8::1\";"},
      {"b.org.", "no final dot; write host = \"b.org\";"},
      {"b.org:25", "the port is a setting of its own; write host = \"b.org\"; port = 25;"},
      {"b\xc3\xbc.org", "write an internationalised name in its ASCII form (xn--...)"},
      {"mail host", "not the name of a host nor an address; write host = \"mail.example.org\";"},
      {"b.org:smtp", "not the name of a host nor an address; write host = \"mail.example.org\";"},
      {"[", "not the name of a host nor an address; write host = \"mail.example.org\";"},
  };
  for (const auto& c : cases) EXPECT_EQ(host_complaint(c.host), c.complaint);
}

TEST(HostName, ThisMachineAlwaysHasOne) { EXPECT_TRUE(is_host_name(machine_names().hostname)); }

TEST(HostName, TheDomainOfTheWholeSiteIsNoNameOfThisMachine) {
  const struct {
    const char *kernel, *mail_name, *hostname, *domain;
  } cases[] = {
      {"web1", "", "web1", "web1"},
      {"web1", "web1.example.org", "web1.example.org", "web1.example.org"},
      {"web1", "example.org", "web1.example.org", "example.org"},
      {"web1", "web1", "web1", "web1"},
      {"web1.example.org", "", "web1.example.org", "web1.example.org"},
      {"web1.example.org", "example.org", "web1.example.org", "example.org"},
      {"web1.example.org", "web1.example.org", "web1.example.org", "web1.example.org"},
      {"web1", "no name", "web1", "web1"},
      {"", "example.org", "localhost", "example.org"},
      {"no name", "", "localhost", "localhost"},
  };
  for (const auto& c : cases) {
    const MachineNames names = machine_names(c.kernel, c.mail_name);
    EXPECT_EQ(names.hostname, c.hostname) << c.kernel << " " << c.mail_name;
    EXPECT_EQ(names.domain, c.domain) << c.kernel << " " << c.mail_name;
  }
}

}  // namespace
}  // namespace mailchute::config
