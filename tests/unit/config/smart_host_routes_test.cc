// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/smart_host_routes.h"

#include <gtest/gtest.h>

#include "config/load.h"

namespace mailchute::config {
namespace {

constexpr char kHosts[] =
    "hostname = \"web1.example.org\"; domain = \"example.org\";\n"
    "smart_hosts = ( { name = \"a\"; host = \"a.example\"; }, { host = \"b.example\"; port = 25; priority = 20; weight = 3; },\n"
    "  { name = \"c\"; host = \"c.example\"; tls = \"implicit\"; timeouts = { connect = 7; }; } );\n";

using Lines = std::vector<std::string>;
using Hosts = std::vector<std::vector<std::size_t>>;

Loaded loaded(const std::string& routes) { return load_text(kHosts + ("routes = (" + routes + ");"), "m.conf"); }
Lines mistakes(const std::string& text) { return load_text(text, "m.conf").mistakes; }

TEST(SmartHosts, EachHasSettingsOfItsOwn) {
  const Loaded it = load_text(kHosts, "m.conf");
  ASSERT_EQ(it.mistakes, Lines{});
  const auto& hosts = it.settings.smart_hosts;
  ASSERT_EQ(hosts.size(), 3u);
  EXPECT_EQ(hosts[0].name + hosts[1].name + hosts[2].name, "ab.examplec");
  EXPECT_EQ(hosts[0].port, 587);
  EXPECT_EQ(hosts[1].port, 25);
  EXPECT_EQ(hosts[2].port, 465);
  EXPECT_EQ(hosts[1].priority, 20u);
  EXPECT_EQ(hosts[1].weight, 3u);
  EXPECT_EQ(hosts[0].timeouts.connect, Seconds(30));
  EXPECT_EQ(hosts[2].timeouts.connect, Seconds(7));
}

TEST(SmartHosts, MistakesInThemHaveTheirLines) {
  EXPECT_EQ(mistakes("smart_hosts = (\n { host = \"a\"; },\n { port = 26;\n prot = 25; }\n);"),
            (Lines{"m.conf:3: smart_host without a host; write host = \"mail.example.org\";",
                   "m.conf:4: unknown setting 'smart_host.prot'; did you mean 'port'?"}));
  EXPECT_EQ(mistakes("smart_hosts = (\n { host = \"a\"; },\n { host = \"a\"; } );"),
            Lines{"m.conf:3: two smart hosts are called 'a'; give each a name = \"...\"; of its own"});
  EXPECT_EQ(mistakes("smart_hosts = { host = \"a\"; };").size(), 1u);
  EXPECT_EQ(mistakes("smart_hosts = ();").size(), 1u);
  EXPECT_EQ(mistakes("smart_hosts = ( \"a\" );").size(), 1u);
  EXPECT_EQ(mistakes("smart_hosts = ( { host = \"192.0.2.1\"; lookup = \"mx\"; } );"),
            Lines{"m.conf:1: smart_host.lookup wants a domain for host, and '192.0.2.1' is none; leave lookup out"});
  EXPECT_EQ(mistakes("smart_host = { host = \"a\"; }; smart_hosts = ( { host = \"b\"; } );"),
            Lines{"m.conf:1: smart_host beside smart_hosts; write it there, with the others"});
}

TEST(SmartHostRoutes, WithoutAnyThereIsOneForAll) {
  const SmartHostRoutes routes(load_text(kHosts, "m.conf").settings);
  EXPECT_EQ(routes.hosts(), (Hosts{{0, 1, 2}}));
  EXPECT_EQ(routes.of("me@x", "you@y"), 0u);
}

TEST(SmartHostRoutes, TheFirstThatMatchesCounts) {
  const Loaded it = loaded("{ recipient = [ \"*@one.example\" ]; smart_host = \"c\"; },"
                           "{ sender = [ \"shop@*\", \"*@example.org\" ]; recipient = [ \"*@two.example\" ]; smart_host = [ \"c\", \"a\" ]; }");
  ASSERT_EQ(it.mistakes, Lines{});
  const SmartHostRoutes routes(it.settings);
  EXPECT_EQ(routes.hosts(), (Hosts{{2}, {0, 2}, {1}})) << "the default is what no route names";
  EXPECT_EQ(routes.of("shop@x", "you@ONE.example"), 0u);
  EXPECT_EQ(routes.of("", "you@one.example"), 0u);
  EXPECT_EQ(routes.of("shop@x", "you@two.example"), 1u);
  EXPECT_EQ(routes.of("root@web1.example.org", "you@two.example"), 1u) << "the sender with our domain";
  EXPECT_EQ(routes.of("me@x", "you@two.example"), 2u);
  EXPECT_EQ(routes.of("", "you@two.example"), 2u) << "a bounce has no sender";
  EXPECT_EQ(routes.of("shop@x", "no address"), 2u);
}

TEST(SmartHostRoutes, OneWithoutPatternsIsTheDefault) {
  const Loaded it = loaded("{ sender = [ \"*@x\" ]; smart_host = \"a\"; }, { smart_host = [ \"b.example\", \"c\" ]; }");
  ASSERT_EQ(it.mistakes, Lines{});
  const SmartHostRoutes routes(it.settings);
  EXPECT_EQ(routes.hosts(), (Hosts{{0}, {1, 2}}));
  EXPECT_EQ(routes.of("me@x", "you@y"), 0u);
  EXPECT_EQ(routes.of("me@z", "you@y"), 1u);
}

TEST(SmartHostRoutes, MistakesAreToldWithWhatToWrite) {
  const std::pair<const char*, const char*> cases[] = {
      {"{ sender = [ \"*@x\" ]; smart_host = \"b.exampel\"; }",
       "there is no smart host called 'b.exampel'; did you mean 'b.example'?"},
      {"{ sender = [ \"*@x\" ]; }", "a route without a smart_host; write smart_host = \"a\";"},
      {"{ smart_host = [ \"a\", \"b.example\" ]; }", "no route leads to 'c', and one of them takes all other mail"},
      {"{ smart_host = [ \"a\", \"b.example\", \"c\" ]; }, { sender = [ \"*@x\" ]; smart_host = \"a\"; }",
       "no mail gets to this route, as one before it takes all; move that to the end"},
      {"{ sender = [ \"*@x\" ]; smart_host = [ \"a\", \"b.example\", \"c\" ]; }",
       "mail that no route matches has nowhere to go, since each smart host belongs to a route; add a last one: "
       "{ smart_host = \"a\"; }"},
      {"{ sender = \"*@x\"; smart_host = \"a\"; }", "routes.sender wants at most 100 patterns of addresses in brackets; write "
                                                   "sender = [ \"*@example.org\" ];"},
      {"{ recipients = [ \"*@x\" ]; smart_host = \"a\"; }", "unknown setting 'routes.recipients'; did you mean 'recipient'?"},
      {"{ recipient = [ ]; smart_host = [ \"a\", \"b.example\", \"c\" ]; }",
       "routes.recipient names nobody; leave recipient out where any will do"}};
  for (const auto& [routes, complaint] : cases) {
    const Lines found = loaded(routes).mistakes;
    ASSERT_EQ(found.size(), 1u) << routes;
    EXPECT_EQ(found.back().substr(found.back().find(": ") + 2), complaint);
  }
}

}  // namespace
}  // namespace mailchute::config
