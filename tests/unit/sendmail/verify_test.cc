// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/verify.h"

#include <gtest/gtest.h>
#include <sysexits.h>

#include <memory>

#include "fake_daemon.h"
#include "fixture.h"
#include "support/temporary_folder.h"

namespace mailchute::sendmail {
namespace {

constexpr char kNoBody[] = "gone\n  gone: alias at ";

class Verify : public TemporaryQueue {
 protected:
  void SetUp() override {
    TemporaryQueue::SetUp();
    settings_.aliases = folder_ / "aliases";
    support::write_file(settings_.aliases, "gone: :fail: left\nodd: |/bin/cat\n");
    options_.request.reverse_path = "me@box.example.org";
  }
  template <class Call>
  int said(const Call& call) {
    testing::internal::CaptureStdout();
    const int status = call();
    out_ = testing::internal::GetCapturedStdout();
    EXPECT_EQ(log_.text, terminal_.text);
    return status;
  }
  int verified(const std::vector<std::string>& addresses) {
    options_.request.recipients = addresses;
    return said([&] { return verify(options_, settings_, ::getuid(), report_); });
  }
  int tested(std::string text) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> input(std::tmpfile(), std::fclose);
    std::fwrite(text.data(), 1, text.size(), input.get());
    std::rewind(input.get());
    return said([&] { return test_addresses(options_, settings_, ::getuid(), input.get(), report_); });
  }

  Options options_;
  TextLog terminal_, log_;
  Report report_{terminal_, log_};
  std::string out_;
};

TEST_F(Verify, SaysOfEachRecipientWhereItGoes) {
  EXPECT_EQ(verified({"a@x.example, b@x.example", "bob"}), EX_OK);
  const auto place = [&](const char* text) { return out_.find(text); };
  EXPECT_LT(place("sent to a@x.example"), place("sent to b@x.example"));
  EXPECT_LT(place("sent to b@x.example"), place("sent to bob@example.org"));
  EXPECT_NE(place("from <me@box.example.org>"), out_.npos) << out_;
  EXPECT_EQ(terminal_.text, "");
}

TEST_F(Verify, TheExitStatusTellsOfThoseWhoGetNothing) {
  EXPECT_EQ(verified({"gone", "you@x.example"}), EX_NOUSER);
  EXPECT_TRUE(out_.starts_with(kNoBody)) << out_;
  EXPECT_EQ(verified({"bad@@x", "gone"}), EX_DATAERR);
  EXPECT_TRUE(out_.starts_with(kNoBody)) << out_;
  EXPECT_EQ(terminal_.text, "'bad@@x' is no address: more than one '@'\n");
}

TEST_F(Verify, WithoutAnAddressOrASenderItIsNoQuestion) {
  EXPECT_EQ(verified({}), EX_USAGE);
  options_.request.reverse_path = "me@@x";
  EXPECT_EQ(verified({"root"}), EX_DATAERR);
  EXPECT_EQ(out_, "");
}

TEST_F(Verify, TheSenderIsTheCallerUnlessHeIsNamed) {
  options_.request.reverse_path = "";
  verified({"you@x.example"});
  EXPECT_NE(out_.find("\n  from <>\n"), out_.npos) << out_;
  options_.request.reverse_path.reset();
  verified({"you@x.example"});
  EXPECT_NE(out_.find("@box.example.org>\n"), out_.npos) << out_;
}

TEST_F(Verify, AddressesAreReadLineByLine) {
  EXPECT_EQ(tested("a@x.example\r\n\n \t \nb@x.example,c@x.example"), EX_OK);
  EXPECT_NE(out_.find("sent to a@x.example"), out_.npos);
  EXPECT_NE(out_.find("sent to c@x.example"), out_.npos);
  EXPECT_EQ(tested(""), EX_OK);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(tested("gone\na@x.example\n"), EX_NOUSER);
  EXPECT_EQ(tested("gone\n@\n"), EX_DATAERR);
}

TEST_F(Verify, ALineThatIsTooLongIsRefusedAndTheNextOneRead) {
  const std::string longest = "a@x.example" + std::string(4096 - 11, ' ');
  EXPECT_EQ(tested(longest + "\n"), EX_OK);
  EXPECT_EQ(tested(longest + " \ngone\nb@x.example\n"), EX_DATAERR);
  EXPECT_TRUE(out_.starts_with(kNoBody)) << out_;
  EXPECT_NE(out_.find("sent to b@x.example"), out_.npos);
  EXPECT_EQ(terminal_.text, "-bt: a line is longer than 4096 octets; write an address a line\n");
  EXPECT_EQ(tested(std::string(1 << 20, 'x')), EX_DATAERR);
  EXPECT_EQ(out_, "");
}

TEST_F(Verify, AnErrorIsNotTakenForTheEndOfTheLines) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> folder(std::fopen("/", "r"), std::fclose);
  EXPECT_EQ(said([&] { return test_addresses(options_, settings_, 0, folder.get(), report_); }), EX_IOERR);
  EXPECT_EQ(terminal_.text, "read standard input: Is a directory\n");
}

TEST_F(Verify, AliasesAreCheckedAndTheDaemonIsTold) {
  FakeDaemon daemon(settings_.control_socket(), {"OK\n"});
  EXPECT_EQ(said([&] { return check_aliases(settings_, report_); }), EX_OK);
  EXPECT_EQ(terminal_.text.find(settings_.aliases + ":2: '|/bin/cat': "), 0u) << terminal_.text;
  EXPECT_EQ(out_, "");
  EXPECT_EQ(daemon.requests(), std::vector<std::string>{"RELOAD"});
}

TEST_F(Verify, AliasesAreCheckedWhereNoDaemonRuns) {
  support::write_file(settings_.aliases, "root: you@x.example\n");
  EXPECT_EQ(said([&] { return check_aliases(settings_, report_); }), EX_OK);
  EXPECT_EQ(terminal_.text, "");
}

}  // namespace
}  // namespace mailchute::sendmail
