// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/routing.h"

#include <gtest/gtest.h>

#include "unit/mail/alias_files.h"

namespace mailchute::mail {
namespace {

using End = Route::End;

constexpr char kAliases[] =
    "postmaster: root\n"
    "root: ann, bob@example.net\n"
    "ann: ann@example.net\n"
    "copy: copy, carl@x\n"
    "stop: \\root\n"
    "devnull: /dev/null\n"
    "gone: :fail: left in 2020\n"
    "prog: |prog\n"
    "mixed: |prog, ann, /dev/null\n"
    "a: b\n"
    "b: a\n"
    "ring: a, ann\n"
    "ops: :include:/etc/ops\n"
    "twice: ann, \"ann\"@EXAMPLE.net, root\n"
    "missing: :include:/etc/missing\n"
    "far: web1\n"
    "web1: far@localhost\n";

Router router(std::optional<Address> admin = {}, const std::string& domain = "example.org") {
  return Router("web1.example.org", domain, std::move(admin),
                read_aliases({{"/etc/aliases", kAliases}, {"/etc/ops", "ops\ncarl@x, root\n"}}));
}

const Address kAdmin{"ops", "example.com"};

std::string joined(const Route& route) {
  std::string out;
  for (const std::string& address : route.addresses) out += (out.empty() ? "" : " ") + address;
  switch (route.end) {
    case End::sent: return out;
    case End::nowhere: return "nowhere";
    case End::refused: return "refused: " + route.reason;
    case End::unusable: return "unusable: " + route.reason;
  }
  return {};
}

TEST(Routing, WhereEachRecipientGoes) {
  constexpr char kNoPrograms[] =
      "'|prog': mail is not given to programs here, as there is no local delivery; write an address";
  const struct {
    const char* recipient;
    std::string without_admin;
    const char* with_admin;
  } cases[] = {
      {"you@example.net", "you@example.net", "you@example.net"},
      {"root@example.org", "root@example.org", "root@example.org"},
      {"nobody@web1.example.org", "nobody@example.org", "ops@example.com"},
      {"nobody@localhost", "nobody@example.org", "ops@example.com"},
      {"Nobody@LOCALHOST.localdomain", "Nobody@example.org", "ops@example.com"},
      {"nobody", "nobody@example.org", "ops@example.com"},
      {"\"odd name\"@web1.example.org", "\"odd name\"@example.org", "ops@example.com"},
      {"ROOT@WEB1.example.org", "ann@example.net bob@example.net", "ann@example.net bob@example.net"},
      {"postmaster", "ann@example.net bob@example.net", "ann@example.net bob@example.net"},
      {"copy", "copy@example.org carl@x", "ops@example.com carl@x"},
      {"stop", "root@example.org", "ops@example.com"},
      {"devnull", "nowhere", "nowhere"},
      {"gone", "refused: left in 2020", "refused: left in 2020"},
      {"prog", std::string("unusable: /etc/aliases:8: ") + kNoPrograms, "ops@example.com"},
      {"mixed", "ann@example.net", "ann@example.net"},
      {"a", "unusable: /etc/aliases:10: a: leads to itself in a circle", "ops@example.com"},
      {"ring", "ann@example.net", "ops@example.com ann@example.net"},
      {"ops", "ops@example.org carl@x ann@example.net bob@example.net",
       "ops@example.com carl@x ann@example.net bob@example.net"},
      {"twice", "ann@example.net bob@example.net", "ann@example.net bob@example.net"},
      {"missing", "unusable: /etc/missing: No such file or directory", "ops@example.com"},
      {"far", "unusable: /etc/aliases:16: far: leads to itself in a circle", "ops@example.com"},
      {"two words", "two words", "two words"},
      {"", "", ""},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(joined(router().route(c.recipient)), c.without_admin) << c.recipient;
    EXPECT_EQ(joined(router(kAdmin).route(c.recipient)), c.with_admin) << c.recipient;
  }
}

TEST(Routing, TheAdministratorsAddressIsFinalEvenWhereItIsLocal) {
  EXPECT_EQ(joined(router(Address{"root", "web1.example.org"}).route("nobody")), "root@web1.example.org");
}

TEST(Routing, EachStepIsTold) {
  std::vector<std::string> steps;
  for (const RouteStep& step : router(kAdmin).route("mixed@localhost").steps) {
    steps.push_back(std::string(2 * step.depth, ' ') + describe(step));
  }
  EXPECT_EQ(steps, (std::vector<std::string>{
                       "mixed: alias at /etc/aliases:9",
                       "  /etc/aliases:9: '|prog': mail is not given to programs here, as there is no local "
                       "delivery; write an address",
                       "  ann: alias at /etc/aliases:3",
                       "    ann@example.net: no address of this machine, stays as it is",
                       "  /dev/null: thrown away, as /etc/aliases:9 says"}));
}

TEST(Routing, CirclesAreFoundBeforeAnyMailComes) {
  const auto complaints = router().complaints();
  std::vector<std::string> circles;
  for (const std::string& line : complaints) {
    if (line.find("circle") != std::string::npos) circles.push_back(line);
  }
  EXPECT_EQ(circles, (std::vector<std::string>{"/etc/aliases:10: a: leads to itself in a circle",
                                               "/etc/aliases:16: far: leads to itself in a circle"}));
  EXPECT_EQ(complaints.size(), 5u);
}

TEST(Routing, ALongWayEnds) {
  std::string text;
  for (unsigned i = 0; i <= kMaxAliasDepth; ++i) text += "n" + std::to_string(i) + ": n" + std::to_string(i + 1) + "\n";
  const Router chain("web1", "example.org", {}, read_aliases({{"/etc/aliases", text}}));
  EXPECT_EQ(chain.route("n0").end, End::unusable);
  EXPECT_EQ(joined(chain.route("n1")), "n" + std::to_string(kMaxAliasDepth + 1) + "@example.org");
}

TEST(Routing, NobodyGetsHalfOfAListThatIsTooLong) {
  std::string list;
  for (std::size_t i = 0; i < kMaxRouted; ++i) list += "n" + std::to_string(i) + "@x\n";
  const auto all = [](const std::string& text) {
    return Router("web1", "example.org", {}, read_aliases({{"/etc/aliases", "all: :include:/l\n"}, {"/l", text}})).route("all");
  };
  EXPECT_EQ(all(list).addresses.size(), kMaxRouted);
  EXPECT_EQ(all(list + "one@too-many\n").end, End::unusable);
  EXPECT_TRUE(all(list + "one@too-many\n").addresses.empty());
}

}  // namespace
}  // namespace mailchute::mail
