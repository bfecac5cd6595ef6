// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/destinations.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace mailchute::relay {
namespace {

using Servers = net::Resolver::Servers;

TEST(Destinations, AreTriedInOrderOfPriority) {
  const Servers found = in_order({{"c", 0, 30, 1}, {"a", 0, 10, 0}, {"b", 0, 20, 9}}, [] { return 0.5; });
  EXPECT_EQ(found[0].name + found[1].name + found[2].name, "abc");
}

TEST(Destinations, EqualsComeFirstAsOftenAsTheirWeightSays) {
  std::minstd_rand random(7);
  std::map<std::string, int> first, second;
  for (int i = 0; i < 10'000; ++i) {
    const Servers found = in_order({{"a", 0, 1, 70}, {"b", 0, 1, 30}, {"none", 0, 1, 0}},
                                   [&] { return std::uniform_real_distribution<double>(0, 1)(random); });
    ASSERT_EQ(found.size(), 3u);
    ++first[found[0].name];
    ++second[found[1].name];
  }
  EXPECT_NEAR(first["a"], 7000, 200);
  EXPECT_NEAR(first["b"], 3000, 200);
  EXPECT_LT(first["none"], 20);
  EXPECT_NEAR(second["b"], 7000, 200);
}

TEST(Destinations, WithoutWeightsAllAreEqual) {
  EXPECT_EQ(in_order({{"a"}, {"b"}}, [] { return 0.1; })[0].name, "a");
  EXPECT_EQ(in_order({{"a"}, {"b"}}, [] { return 0.9; })[0].name, "b");
  EXPECT_EQ(in_order({{"a"}, {"b"}}, [] { return 1.0; })[0].name, "b");
  EXPECT_TRUE(in_order({}, [] { return 0.5; }).empty());
}

// Who can forge an answer of the DNS chooses the server's name.
TEST(Destinations, TheCertificateIsForANameThatTheConfigurationVouchesFor) {
  config::SmartHost host;
  host.host = "Example.org";
  EXPECT_EQ(certificate_name(host, "mail.example.ORG."), "mail.example.org");
  EXPECT_EQ(certificate_name(host, "example.org"), "example.org");
  EXPECT_EQ(certificate_name(host, "mail.attacker.example"), "example.org");
  EXPECT_EQ(certificate_name(host, "notexample.org"), "example.org");
  host.tls_name = "mx.provider.example";
  EXPECT_EQ(certificate_name(host, "mail.attacker.example"), "mx.provider.example");
}

TEST(Destinations, AnAddressIsItself) {
  net::EventLoop loop;
  config::SmartHost host;
  host.host = "192.0.2.1";
  host.port = 587;
  std::vector<Destination> found;
  Destinations destinations(loop, host, [] { return 0.5; });
  destinations.find([&](Result<std::vector<Destination>> result) { found = std::move(*result); });
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].host + found[0].tls_name, "192.0.2.1192.0.2.1");
  EXPECT_EQ(found[0].port, 587);
}

}  // namespace
}  // namespace mailchute::relay
