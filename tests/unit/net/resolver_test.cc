// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/resolver.h"

#include "unit/net/fake_dns.h"
#include "unit/net/fixture.h"

namespace mailchute::net {
namespace {

class ResolverTest : public NetTest {
 protected:
  // The addresses found, or the error's text.
  std::string resolve(const std::string& host, const std::string& servers = {},
                      Milliseconds deadline = Seconds(20)) {
    Resolver resolver(loop, servers);
    std::string found;
    resolver.resolve(host, 587, deadline, [&](Result<Resolver::Addresses> result) {
      found = text_of(result);
      stop();
    });
    EXPECT_EQ(found, "");
    run();
    return found;
  }
  std::string answer_of(FakeDns::Reply reply, std::vector<std::string> addresses = {}) {
    const FakeDns dns(loop, reply, std::move(addresses));
    return resolve("mail.example.org", dns.servers());
  }
  // The servers found, or the error's text.
  std::string look_up(Resolver::Records records, const std::string& servers) {
    Resolver resolver(loop, servers);
    std::string found;
    resolver.look_up("example.org", records, Seconds(20), [&](Result<Resolver::Servers> result) {
      if (!result) found = result.error().text;
      for (const auto& server : result.value_or(Resolver::Servers())) {
        found += " " + std::to_string(server.priority) + "/" + std::to_string(server.weight) + "=" + server.name + ":" +
                 std::to_string(server.port);
      }
      stop();
    });
    run();
    return found;
  }
  static std::string text_of(const Result<Resolver::Addresses>& result) {
    if (!result) {
      EXPECT_EQ(result.error().kind, Error::Kind::temporary);
      return result.error().text;
    }
    std::string text;
    for (const SocketAddress& address : *result) text += " " + address.text();
    return text;
  }
};

TEST_F(ResolverTest, TakesLiteralsAsTheyAre) {
  EXPECT_EQ(resolve("192.0.2.1"), " 192.0.2.1:587");
  EXPECT_EQ(resolve("2001:db8::1"), " [2001:db8::1]:587");
  EXPECT_EQ(resolve("[2001:db8::1]"), " [2001:db8::1]:587");
}

TEST_F(ResolverTest, AsksNobodyAboutLiterals) {
  EXPECT_EQ(resolve("192.0.2.1", "127.0.0.1:9"), " 192.0.2.1:587");
  EXPECT_EQ(resolve("2001:db8::1", "127.0.0.1:9"), " [2001:db8::1]:587");
}

TEST_F(ResolverTest, FindsServersThatRecordsName) {
  FakeDns dns(loop, FakeDns::answer, {"192.0.2.1"});
  dns.add_srv(10, 3, 25, "a.example.org");
  dns.add_srv(20, 0, 26, "b.example.org");
  dns.add_mx(5, "mx.example.org");
  EXPECT_EQ(look_up(Resolver::Records::srv, dns.servers()), " 10/3=a.example.org:25 20/0=b.example.org:26");
  EXPECT_EQ(look_up(Resolver::Records::mx, dns.servers()), " 5/0=mx.example.org:0");
}

TEST_F(ResolverTest, ARecordCanSayThatThereIsNoServer) {
  FakeDns dns(loop, FakeDns::answer);
  dns.add_srv(0, 0, 0, "");
  dns.add_mx(0, "");
  EXPECT_EQ(look_up(Resolver::Records::srv, dns.servers()), " 0/0=:0");
  EXPECT_EQ(look_up(Resolver::Records::mx, dns.servers()), " 0/0=:0");
}

TEST_F(ResolverTest, NoRecordIsNoError) {
  const FakeDns none(loop, FakeDns::answer), unknown(loop, FakeDns::no_such_name), broken(loop, FakeDns::server_failure);
  EXPECT_EQ(look_up(Resolver::Records::srv, none.servers()), "");
  EXPECT_EQ(look_up(Resolver::Records::mx, unknown.servers()), "");
  EXPECT_EQ(look_up(Resolver::Records::mx, broken.servers()),
            "resolve example.org: every DNS server failed, refused or is unreachable");
}

TEST_F(ResolverTest, ManyServersAreCutAndOddNamesLeftOut) {
  FakeDns dns(loop, FakeDns::answer);
  dns.add_mx(1, "odd name.example");
  for (char i = 2; i < 20; ++i) dns.add_mx(i, "m");
  const std::string found = look_up(Resolver::Records::mx, dns.servers());
  EXPECT_EQ(std::count(found.begin(), found.end(), '='), 16);
  EXPECT_EQ(found.find("odd"), std::string::npos);
}

TEST_F(ResolverTest, ANameWithAFinalDotIsNotSearchedFor) {
  ::setenv("LOCALDOMAIN", "elsewhere.example", 1);  // as "search" in resolv.conf
  const auto asked = [this](const std::string& name) {
    const FakeDns dns(loop, FakeDns::no_such_name);
    EXPECT_EQ(resolve(name, dns.servers()), "resolve mail.example.org: no such host");
    return dns.asked();
  };
  EXPECT_EQ(asked("mail.example.org"), 4);
  EXPECT_EQ(asked("mail.example.org."), 2);
  ::unsetenv("LOCALDOMAIN");
  EXPECT_EQ(resolve("localhost."), resolve("localhost"));
}

TEST_F(ResolverTest, KnowsThisMachine) {
  EXPECT_NE(resolve("localhost").find(" 127.0.0.1:587"), std::string::npos);
}

TEST_F(ResolverTest, FindsAddressesOfBothKinds) {
  const std::string found = answer_of(FakeDns::answer, {"192.0.2.1", "2001:db8::1"});
  EXPECT_NE(found.find(" 192.0.2.1:587"), std::string::npos) << found;
  EXPECT_NE(found.find(" [2001:db8::1]:587"), std::string::npos) << found;
}

TEST_F(ResolverTest, KeepsNoMoreThanSixteen) {
  std::vector<std::string> many;
  for (int i = 1; i <= 25; ++i) many.push_back("192.0.2." + std::to_string(i));
  const std::string found = answer_of(FakeDns::answer, many);
  EXPECT_EQ(std::count(found.begin(), found.end(), ' '), 16) << found;
}

TEST_F(ResolverTest, TellsApartWhatWentWrong) {
  EXPECT_EQ(answer_of(FakeDns::no_such_name), "resolve mail.example.org: no such host");
  EXPECT_EQ(answer_of(FakeDns::answer), "resolve mail.example.org: the name has no address");
  for (const auto reply : {FakeDns::server_failure, FakeDns::refused}) {
    EXPECT_EQ(answer_of(reply),
              "resolve mail.example.org: every DNS server failed, refused or is unreachable");
  }
}

TEST_F(ResolverTest, GivesUpOnASilentServerAtTheDeadline) {
  const FakeDns dns(loop, FakeDns::silence);
  EXPECT_EQ(resolve("mail.example.org", dns.servers(), Milliseconds(100)),
            "resolve mail.example.org: no answer from the DNS server within 1s");
  EXPECT_GE(dns.asked(), 1);
}

TEST_F(ResolverTest, SaysWhenTheServerIsNotThere) {
  std::string servers;
  { servers = FakeDns(loop, FakeDns::silence).servers(); }
  EXPECT_EQ(resolve("mail.example.org", servers),
            "resolve mail.example.org: every DNS server failed, refused or is unreachable");
}

TEST_F(ResolverTest, RefusesNamesThatCannotBe) {
  for (const std::string& host : {std::string(), std::string(300, 'x'), std::string("a..b")}) {
    EXPECT_EQ(resolve(host, "127.0.0.1:9", Seconds(2)).substr(0, 8), "resolve ") << host;
  }
}

TEST_F(ResolverTest, ForgetsASilentServerAtOnceWhenDestroyed) {
  FakeDns dns(loop, FakeDns::silence);
  auto resolver = std::make_unique<Resolver>(loop, dns.servers());
  const auto held = std::make_shared<int>();
  resolver->resolve("mail.example.org", 25, Seconds(20), [held](const auto&) { FAIL(); });
  dns.is_asked = [&] {
    resolver.reset();
    stop();
  };
  run();
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(ResolverTest, AnswersOnlyTheLastQuestion) {
  const FakeDns dns(loop, FakeDns::answer, {"192.0.2.1"});
  Resolver resolver(loop, dns.servers());
  std::string found;
  resolver.resolve("a.example.org", 25, Seconds(20), [](const auto&) { FAIL(); });
  resolver.resolve("b.example.org", 26, Seconds(20), [&](const auto& result) {
    found = text_of(result);
    stop();
  });
  run();
  EXPECT_EQ(found, " 192.0.2.1:26");
}

TEST_F(ResolverTest, MayBeAskedAgainOrDestroyedInItsAnswer) {
  auto resolver = std::make_unique<Resolver>(loop);
  std::string found;
  resolver->resolve("192.0.2.1", 25, Seconds(20), [&](const auto& first) {
    found += text_of(first);
    resolver->resolve("192.0.2.2", 25, Seconds(20), [&](const auto& second) {
      resolver.reset();
      found += text_of(second);
      stop();
    });
  });
  run();
  EXPECT_EQ(found, " 192.0.2.1:25 192.0.2.2:25");
}

}  // namespace
}  // namespace mailchute::net
