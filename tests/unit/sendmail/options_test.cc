// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/options.h"

#include <gtest/gtest.h>

namespace mailchute::sendmail {
namespace {

using Words = std::vector<std::string_view>;
using Recipients = std::vector<std::string>;

Options parse(Words words, std::string_view name = "sendmail") {
  words.insert(words.begin(), name);
  auto options = parse_options(words);
  EXPECT_TRUE(options) << (options ? "" : options.error().text);
  return options ? std::move(*options) : Options{};
}

Options quietly(Words words) {
  Options options = parse(std::move(words));
  EXPECT_TRUE(options.warnings.empty()) << options.warnings.front();
  return options;
}

struct Name {
  std::string_view path;
  Mode mode;
};

TEST(Options, NameOfTheProgramChoosesTheMode) {
  for (const Name& name : {Name{"sendmail", Mode::submit}, Name{"/usr/lib/sendmail", Mode::submit},
                           Name{"send-mail", Mode::submit}, Name{"", Mode::submit},
                           Name{"mailq", Mode::list_queue}, Name{"/a/b/mailq", Mode::list_queue},
                           Name{"newaliases", Mode::check_aliases}, Name{"runq", Mode::retry}}) {
    EXPECT_EQ(parse({}, name.path).mode, name.mode) << name.path;
  }
}

struct ModeOption {
  Words words;
  Mode mode;
};

TEST(Options, LettersChooseTheMode) {
  for (const ModeOption& option : {
           ModeOption{{"-bm"}, Mode::submit},
           ModeOption{{"-ba"}, Mode::submit},
           ModeOption{{"-bs"}, Mode::smtp},
           ModeOption{{"-b", "s"}, Mode::smtp},
           ModeOption{{"-bs", "-i"}, Mode::smtp},
           ModeOption{{"-bp"}, Mode::list_queue},
           ModeOption{{"-bi"}, Mode::check_aliases},
           ModeOption{{"-I"}, Mode::check_aliases},
           ModeOption{{"-bv"}, Mode::verify},
           ModeOption{{"-bt"}, Mode::test_addresses},
           ModeOption{{"-bd"}, Mode::daemon},
           ModeOption{{"-bD"}, Mode::foreground_daemon},
           ModeOption{{"-bd", "-q15m"}, Mode::daemon},
           ModeOption{{"-q15m", "-bd"}, Mode::daemon},
           ModeOption{{"-q"}, Mode::retry},
           ModeOption{{"-q30m"}, Mode::retry},
           ModeOption{{"-qf"}, Mode::retry},
           ModeOption{{"-vqf"}, Mode::retry},
           ModeOption{{"-V"}, Mode::version},
           ModeOption{{"--version"}, Mode::version},
           ModeOption{{"--help"}, Mode::help},
       }) {
    EXPECT_EQ(quietly(option.words).mode, option.mode) << option.words[0];
  }
}

TEST(Options, UnknownModeIsAnError) {
  for (const std::string_view word : {"-bz", "-bh", "-b\x01"}) {
    const auto options = parse_options(Words{"sendmail", word});
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().kind, Error::Kind::usage);
  }
}

TEST(Options, VersionAndHelpOnlyAsTheSoleArgument) {
  EXPECT_EQ(quietly({"-V", "id", "you"}).request.envelope_id, "id");
  const Options options = parse({"--help", "you"});
  EXPECT_EQ(options.mode, Mode::submit);
  EXPECT_EQ(options.warnings.size(), 1u);
}

TEST(Options, MayBeBundledJoinedSplitAndRepeated) {
  for (const Words& words :
       {Words{"-tiv", "-fme", "-FMe"}, Words{"-t", "-i", "-v", "-f", "me", "-F", "Me"},
        Words{"-ti", "-vf", "me", "-F", "Me"},
        Words{"-tti", "-i", "-v", "-f", "you", "-rme", "-FMe"}, Words{"-itvfme", "-FMe"}}) {
    const Options options = quietly(words);
    EXPECT_TRUE(options.request.recipients_from_header);
    EXPECT_TRUE(options.ignore_dots);
    EXPECT_TRUE(options.verbose);
    EXPECT_EQ(options.request.reverse_path, "me");
    EXPECT_EQ(options.request.full_name, "Me");
    EXPECT_TRUE(options.request.recipients.empty());
  }
}

TEST(Options, WordsAreRecipientsAndTwoHyphensEndTheOptions) {
  EXPECT_EQ(quietly({"a", "b"}).request.recipients, Recipients({"a", "b"}));
  EXPECT_EQ(quietly({"a", "-i", "b"}).request.recipients, Recipients({"a", "b"}));
  EXPECT_EQ(quietly({"-i", "--", "-f", "a", "--"}).request.recipients,
            Recipients({"-f", "a", "--"}));
  EXPECT_EQ(quietly({"-", ""}).request.recipients, Recipients({"-", ""}));
}

TEST(Options, SenderMayBeEmpty) {
  EXPECT_EQ(quietly({"-f", "", "you"}).request.reverse_path, "");
  EXPECT_EQ(quietly({"-f", "<>", "you"}).request.reverse_path, "<>");
  EXPECT_EQ(quietly({"-F", ""}).request.full_name, "");
  EXPECT_FALSE(quietly({"you"}).request.reverse_path);
}

TEST(Options, OldOptionsAreUnderstood) {
  EXPECT_TRUE(quietly({"-oi"}).ignore_dots);
  EXPECT_TRUE(quietly({"-o", "i"}).ignore_dots);
  EXPECT_TRUE(quietly({"-odq"}).request.wait_for_queue_run);
  EXPECT_FALSE(quietly({"-odq", "-odb"}).request.wait_for_queue_run);
  EXPECT_EQ(quietly({"-oem"}).bad_addresses, BadAddresses::mail);
  EXPECT_EQ(quietly({"-oep"}).bad_addresses, BadAddresses::print);
  EXPECT_EQ(quietly({"-ep"}).bad_addresses, BadAddresses::print);
  EXPECT_EQ(quietly({"-oeq"}).bad_addresses, BadAddresses::quiet);
  EXPECT_EQ(quietly({"-oep", "-oew"}).bad_addresses, BadAddresses::mail);
}

TEST(Options, DsnWishesAreKept) {
  const Options options =
      quietly({"-N", "success,DELAY,failure", "-R", "hdrs", "-Vxyz", "-B8BITMIME", "you"});
  EXPECT_EQ(options.request.notify, (mail::Notify{false, true, true, true}));
  EXPECT_EQ(options.request.ret, mail::Return::headers);
  EXPECT_EQ(options.request.envelope_id, "xyz");
  EXPECT_EQ(options.request.body, mail::BodyType::eight_bit_mime);
}

TEST(Options, ValuesThatMeanNothingAreWarnedAboutAndIgnored) {
  for (const Words& words :
       {Words{"-N", "sometimes"}, Words{"-R", "half"}, Words{"-B", "9BIT"}, Words{"-f"},
        Words{"-C"}, Words{"-C", ""}, Words{"-V", std::string_view()}}) {
    const Options options = parse(words);
    EXPECT_EQ(options.warnings.size(), 1u) << words[0];
    EXPECT_FALSE(options.configuration_file);
  }
}

TEST(Options, UnknownLettersAreWarnedAboutOnce) {
  const Options options = parse({"-zt", "-z", "-Z", "--long=x", "you"});
  EXPECT_EQ(options.warnings,
            (std::vector<std::string>{"unknown option -z; ignored", "unknown option -Z; ignored",
                                      "unknown option --long=x; ignored"}));
  EXPECT_TRUE(options.request.recipients_from_header);
  EXPECT_EQ(options.request.recipients, Recipients({"you"}));
}

TEST(Options, OptionsWithoutEffectTakeTheirValues) {
  const Options options = quietly({"-G", "-h", "5",   "-n",  "-O",  "Opt=val", "-p",    "SMTP",
                                   "-U", "-X", "/f",  "-Am", "-E",  "-x",      "-J",    "-a",
                                   "-c", "-m", "-o7", "-o8", "-om", "-d0.1",   "-oX/f", "you"});
  EXPECT_EQ(options.request.recipients, Recipients({"you"}));
  EXPECT_EQ(options.mode, Mode::submit);
}

TEST(Options, QueueRunsMayBeFiltered) {
  const Options options = quietly({"-qIabc", "-qRexample.net", "-qSroot"});
  EXPECT_EQ(options.mode, Mode::retry);
  EXPECT_EQ(options.filters, (std::vector<QueueFilter>{{QueueFilter::By::id, "abc"},
                                                       {QueueFilter::By::recipient, "example.net"},
                                                       {QueueFilter::By::sender, "root"}}));
}

TEST(Options, ConfigurationAndLogTagAreTaken) {
  const Options options = quietly({"-C/x/conf", "-L", "backup", "you"});
  EXPECT_EQ(options.configuration_file, "/x/conf");
  EXPECT_EQ(options.log_tag, "backup");
}

struct Caller {
  Words words;
  Recipients recipients;
};

// Command lines of cron, cronie, anacron, PHP, git, mutt, s-nail, Sympa, Proxmox, MIME::Lite.
TEST(Options, CommandLinesOfRealCallersNeedNoWarning) {
  for (const Caller& caller : {
           Caller{{"-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root"}, {"root"}},
           Caller{{"-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-t", "-f", "root"}, {}},
           Caller{{"-FAnacron", "-odi", "root"}, {"root"}},
           Caller{{"-t", "-i", "-fwww@x"}, {}},
           Caller{{"-f", "me@x", "-i", "a@x", "b@x"}, {"a@x", "b@x"}},
           Caller{{"-oem", "-oi", "-B8BITMIME", "-f", "me@x", "-N", "failure,delay", "-R", "hdrs",
                   "--", "a@x"},
                  {"a@x"}},
           Caller{{"-i", "-m", "-v", "-F", "Me", "-f", "me@x", "--", "a@x"}, {"a@x"}},
           Caller{{"-N", "success,delay,failure", "-V12345678", "-f", "r@x", "--", "a@x"}, {"a@x"}},
           Caller{{"-B", "8BITMIME", "-f", "me", "--", "a@x"}, {"a@x"}},
           Caller{{"-t", "-oi", "-oem"}, {}},
       }) {
    EXPECT_EQ(quietly(caller.words).request.recipients, caller.recipients);
  }
}

}  // namespace
}  // namespace mailchute::sendmail
