// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/aliases.h"

#include <gtest/gtest.h>

#include "unit/mail/alias_files.h"

namespace mailchute::mail {
namespace {

using Kind = AliasTarget::Kind;
using Lines = std::vector<std::string>;

Aliases aliases_of(std::string text) { return read_aliases({{"/etc/aliases", std::move(text)}}); }

// What a name's alias says, in one line; "-" when there is none.
std::string targets(const Aliases& aliases, std::string_view name) {
  const Alias* const alias = aliases.find(name);
  if (alias == nullptr) return "-";
  std::string out;
  for (const AliasTarget& target : alias->targets) {
    out += out.empty() ? "" : " ";
    switch (target.kind) {
      case Kind::address: out += target.address.text(); break;
      case Kind::verbatim: out += "\\" + target.address.text(); break;
      case Kind::list: out += "<" + target.text; break;
      case Kind::refusal: out += "!" + target.text; break;
      case Kind::nowhere: out += "0"; break;
      case Kind::unusable: out += "?"; break;
    }
  }
  return out;
}

std::string targets_of(const std::string& value) { return targets(aliases_of("name: " + value + "\n"), "name"); }

std::string complaint_about(const std::string& text) {
  const Aliases aliases = aliases_of(text);
  return aliases.complaints().size() == 1 ? aliases.complaints().front() : "not one complaint";
}

TEST(Aliases, AreWhatAFreshDebianHas) {
  const Aliases aliases = aliases_of(
      "# /etc/aliases\nmailer-daemon: postmaster\npostmaster: root\nnobody: root\nhostmaster: root\n"
      "noc: root\nsecurity: root\n\nroot: ann\n");
  EXPECT_EQ(aliases.size(), 7u);
  EXPECT_EQ(targets(aliases, "MAILER-DAEMON"), "postmaster");
  EXPECT_EQ(targets(aliases, "Root"), "ann");
  EXPECT_EQ(targets(aliases, "ann"), "-");
  EXPECT_EQ(aliases.find("root")->line, 9u);
  EXPECT_EQ(aliases.complaints(), Lines());
}

TEST(Aliases, ValuesOfEveryKind) {
  const struct {
    const char* value;
    const char* targets;
  } cases[] = {
      {"ann", "ann"},
      {"ann,bob@example.net ,, carl@x,", "ann bob@example.net carl@x"},
      {"Ann Example <ann@example.net>, <bob@x>", "ann@example.net bob@x"},
      {"\"Example, Ann\" <ann@example.net>", "ann@example.net"},
      {"ann (at home, mostly)", "ann"},
      {"\"odd, name\"@x", "\"odd, name\"@x"},
      {"\\root, ann@x", "\\root ann@x"},
      {"\\ann@x", "ann@x"},
      {"\\ann@localhost", "\\ann@localhost"},
      {":include:/etc/list, ann", "</etc/list ann"},
      {"\":include: /etc/my list\"", "</etc/my list"},
      {":Include:list", "?"},
      {"/dev/null", "0"},
      {"\"/dev/null\", ann", "0 ann"},
      {":blackhole:", "0"},
      {":fail: go away, please", "!go away, please"},
      {":error:", "!this address takes no mail"},
      {"|/usr/bin/prog", "?"},
      {"\"|/usr/bin/prog -a, -b\", ann", "? ann"},
      {"/var/mail/ann", "?"},
      {"~/mail", "?"},
      {"\"ann@example.org\", \"Ann B.\"@x", "ann@example.org \"Ann B.\"@x"},
      {":defer: later", "?"},
      {"ann bob", "?"},
      {"ann # at home", "?"},
      {"ann@x bob: carl", "?"},
      {"ann@@x", "?"},
      {"\\, ann", "? ann"},
      {"\"never closed, ann", "?"},
  };
  for (const auto& c : cases) EXPECT_EQ(targets_of(c.value), c.targets) << c.value;
}

TEST(Aliases, NamesOfEveryKind) {
  const Aliases aliases = aliases_of(
      "\"Odd Name\": a\nquick:b\nat@localhost: c\nhere@WEB1.example.org: d\n\"co:lon\" : e\n");
  EXPECT_EQ(targets(aliases, "odd name"), "a");
  EXPECT_EQ(targets(aliases, "quick"), "b");
  EXPECT_EQ(targets(aliases, "at"), "c");
  EXPECT_EQ(targets(aliases, "here"), "d");
  EXPECT_EQ(targets(aliases, "co:lon"), "e");
  EXPECT_EQ(aliases.complaints(), Lines());
}

TEST(Aliases, LinesGoOnAfterABlankAndAfterABackslash) {
  const Aliases aliases = aliases_of(
      "list: a,\r\n\tb,\n\n  # not this one\n  c\nother: d, \\\ne\n# end \\\nlast: f");
  EXPECT_EQ(targets(aliases, "list"), "a b c");
  EXPECT_EQ(targets(aliases, "other"), "d e");
  EXPECT_EQ(targets(aliases, "last"), "f");
  EXPECT_EQ(aliases.find("other")->line, 6u);
}

TEST(Aliases, WhatIsWrongIsNamedAndTheRestWorks) {
  const Aliases aliases = aliases_of(
      "good: a\nno colon here\nann@elsewhere.org: b\nempty:\ngood: c\n: d\nmixed: e, |prog\nlast: f\n");
  EXPECT_EQ(aliases.complaints(),
            (Lines{"/etc/aliases:2: 'no colon here': write name: address",
                   "/etc/aliases:3: 'ann@elsewhere.org': only names of this machine have aliases, not addresses elsewhere",
                   "/etc/aliases:4: empty: nothing after the ':'; write an address",
                   "/etc/aliases:5: good: is on line 1 already, and that one counts",
                   "/etc/aliases:6: '': write name: address",
                   "/etc/aliases:7: '|prog': mail is not given to programs here, as there is no local delivery; "
                   "write an address"}));
  EXPECT_EQ(targets(aliases, "good"), "a");
  EXPECT_EQ(targets(aliases, "mixed"), "e ?");
  EXPECT_EQ(targets(aliases, "last"), "f");
}

TEST(Aliases, AComplaintSaysWhatToWriteInstead) {
  EXPECT_NE(complaint_about("a: ann # x\n").find("a comment stands on a line of its own"), std::string::npos);
  EXPECT_NE(complaint_about("a: ann\n b: bob\n").find("each name begins a line of its own"), std::string::npos);
  EXPECT_NE(complaint_about("a: /var/mail/a\n").find("not written to files"), std::string::npos);
  EXPECT_NE(complaint_about("a: :include:x\n").find("write the whole path"), std::string::npos);
  EXPECT_NE(complaint_about("a: :pipe: x\n").find("unknown here"), std::string::npos);
  EXPECT_EQ(complaint_about("a: b\x01\n"), "/etc/aliases:1: 'b\\x01': control character in an address");
}

TEST(Aliases, ListsAreReadWithWhatTheyInclude) {
  const Aliases aliases = read_aliases({{"/etc/aliases", "ops: :include:/etc/ops\n"},
                                        {"/etc/ops", "# people\nann@x, bob\n\n:include:/etc/more\n|prog\n"},
                                        {"/etc/more", "carl@x\n:include:/etc/ops\n"}});
  ASSERT_NE(aliases.list("/etc/ops"), nullptr);
  EXPECT_EQ(aliases.list("/etc/ops")->targets.size(), 4u);
  ASSERT_NE(aliases.list("/etc/more"), nullptr);
  EXPECT_EQ(aliases.list("/etc/more")->targets.size(), 2u);
  EXPECT_EQ(aliases.complaints().size(), 1u);
  EXPECT_TRUE(aliases.complaints().front().starts_with("/etc/ops:5: '|prog'"));
}

TEST(Aliases, AListThatCannotBeReadIsNamedWhereItIsIncluded) {
  const Aliases aliases = aliases_of("a: x@y\nops: :include:/etc/ops\n");
  EXPECT_EQ(aliases.complaints(), (Lines{"/etc/aliases:2: /etc/ops: No such file or directory"}));
  EXPECT_EQ(aliases.list("/etc/ops")->targets.front().kind, Kind::unusable);
}

TEST(Aliases, NoFileIsNoMistakeAndAClosedOneIs) {
  EXPECT_EQ(read_aliases({}).complaints(), Lines());
  const Aliases closed("/etc/aliases", "web1", [](const std::string& path, std::size_t) {
    return Result<std::string>(failure(Error::Kind::permission, "open " + path + ": Permission denied"));
  });
  EXPECT_EQ(closed.complaints(), (Lines{"/etc/aliases: Permission denied"}));
}

TEST(Aliases, AreBounded) {
  std::string many = "all: a@x";
  for (std::size_t i = 0; i < kMaxAliasTargets; ++i) many += ",b";
  const Aliases aliases = aliases_of(many + "\nnext: c\n");
  EXPECT_EQ(aliases.find("all")->targets.size(), kMaxAliasTargets);
  EXPECT_EQ(aliases.find("next"), nullptr);
  ASSERT_EQ(aliases.complaints().size(), 1u);
  EXPECT_NE(aliases.complaints().front().find("the rest is left out"), std::string::npos);

  std::string wrong;
  for (int i = 0; i < 1000; ++i) wrong += "wrong\n";
  EXPECT_EQ(aliases_of(wrong).complaints().size(), kMaxAliasComplaints);
}

}  // namespace
}  // namespace mailchute::mail
