// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/network_watch.h"

#include <gtest/gtest.h>
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstring>
#include <string>

namespace mailchute::sys {
namespace {

template <class T>
std::string message(std::uint16_t type, const T& content) {
  nlmsghdr header{};
  header.nlmsg_len = NLMSG_LENGTH(sizeof content);
  header.nlmsg_type = type;
  std::string octets(NLMSG_SPACE(sizeof content), '\0');
  std::memcpy(octets.data(), &header, sizeof header);
  std::memcpy(octets.data() + NLMSG_HDRLEN, &content, sizeof content);
  return octets;
}

std::string link(unsigned flags, std::uint16_t type = RTM_NEWLINK) {
  ifinfomsg content{};
  content.ifi_flags = flags;
  return message(type, content);
}

std::string address(unsigned char scope, unsigned char flags = 0, std::uint16_t type = RTM_NEWADDR) {
  ifaddrmsg content{};
  content.ifa_scope = scope;
  content.ifa_flags = flags;
  return message(type, content);
}

std::string route(unsigned char type, unsigned char table, std::uint16_t what = RTM_NEWROUTE) {
  rtmsg content{};
  content.rtm_type = type;
  content.rtm_table = table;
  return message(what, content);
}

TEST(NetworkWatch, ALinkThatRunsOpensAWay) {
  EXPECT_TRUE(opens_a_way(link(IFF_UP | IFF_RUNNING)));
  EXPECT_FALSE(opens_a_way(link(IFF_UP))) << "no carrier";
  EXPECT_FALSE(opens_a_way(link(IFF_UP | IFF_RUNNING | IFF_LOOPBACK)));
  EXPECT_FALSE(opens_a_way(link(IFF_UP | IFF_RUNNING, RTM_DELLINK)));
}

TEST(NetworkWatch, AnAddressThatReachesBeyondTheLinkOpensAWay) {
  EXPECT_TRUE(opens_a_way(address(RT_SCOPE_UNIVERSE)));
  EXPECT_TRUE(opens_a_way(address(RT_SCOPE_SITE)));
  EXPECT_FALSE(opens_a_way(address(RT_SCOPE_LINK)));
  EXPECT_FALSE(opens_a_way(address(RT_SCOPE_HOST)));
  EXPECT_FALSE(opens_a_way(address(RT_SCOPE_UNIVERSE, IFA_F_TENTATIVE)));
  EXPECT_FALSE(opens_a_way(address(RT_SCOPE_UNIVERSE, 0, RTM_DELADDR)));
}

TEST(NetworkWatch, ARouteToOtherMachinesOpensAWay) {
  EXPECT_TRUE(opens_a_way(route(RTN_UNICAST, RT_TABLE_MAIN)));
  EXPECT_FALSE(opens_a_way(route(RTN_LOCAL, RT_TABLE_LOCAL)));
  EXPECT_FALSE(opens_a_way(route(RTN_UNREACHABLE, RT_TABLE_MAIN)));
  EXPECT_FALSE(opens_a_way(route(RTN_UNICAST, RT_TABLE_MAIN, RTM_DELROUTE)));
}

TEST(NetworkWatch, OneOfManyMessagesIsEnough) {
  const std::string none = link(IFF_UP) + address(RT_SCOPE_HOST) + route(RTN_LOCAL, RT_TABLE_LOCAL);
  EXPECT_FALSE(opens_a_way(none));
  EXPECT_TRUE(opens_a_way(none + address(RT_SCOPE_UNIVERSE) + none));
}

TEST(NetworkWatch, WhatIsCutShortTellsNothing) {
  const std::string whole = address(RT_SCOPE_HOST) + link(IFF_UP | IFF_RUNNING);
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(opens_a_way(whole.substr(0, size))) << size;
  EXPECT_FALSE(opens_a_way(std::string(64, '\0')));
  EXPECT_FALSE(opens_a_way(std::string(64, '\xff')));
}

TEST(NetworkWatch, DrainingDoesNotWait) {
  auto watch = NetworkWatch::open();
  if (!watch) GTEST_SKIP() << watch.error().text;
  watch->drain();  // whatever this machine does meanwhile
}

}  // namespace
}  // namespace mailchute::sys
