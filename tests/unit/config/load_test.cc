// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/load.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

// libconfig 1.5 loses the text it has just read when it meets a syntax error.
extern "C" const char* __lsan_default_suppressions() { return "leak:libconfig"; }
extern "C" const char* __lsan_default_options() { return "print_suppressions=0"; }

namespace mailchute::config {
namespace {

constexpr char kHost[] = "smart_host = { host = \"mail.example.org\"; };\n";

std::vector<std::string> mistakes_in(const std::string& text) {
  return load_text(text, "m.conf").mistakes;
}

// Complaints about what stands in the smart host's group, on line 3.
std::vector<std::string> mistakes_in_smart_host(const std::string& settings) {
  return mistakes_in("smart_host = {\n  host = \"mail.example.org\";\n" + settings + "\n};\n");
}

using Lines = std::vector<std::string>;

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    char name[] = "/tmp/config_test.XXXXXX";
    folder_ = ::mkdtemp(name);
    std::ofstream(path()) << text;
  }
  ~TemporaryFile() { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/m.conf"; }

 private:
  std::string folder_;
};

TEST(Load, TheSmallestUsefulFileHasGoodDefaults) {
  const Loaded loaded = load_text(kHost, "m.conf");
  EXPECT_EQ(loaded.mistakes, Lines{});
  EXPECT_TRUE(loaded.readable);
  const Settings& s = loaded.settings;
  EXPECT_EQ(s.file, "m.conf");
  EXPECT_EQ(s.queue_directory, "/var/spool/mailchute");
  EXPECT_EQ(s.control_socket(), "/run/mailchute/control");
  EXPECT_EQ(s.message_size_limit, 100u << 20);
  EXPECT_EQ(s.retry.lifetime, Seconds(432000));
  EXPECT_EQ(s.retry.delay_notice, Seconds(14400));
  ASSERT_EQ(s.smart_hosts.size(), 1u);
  EXPECT_EQ(s.smart_hosts.front().host, "mail.example.org");
  EXPECT_EQ(s.smart_hosts.front().tls, Tls::starttls);
  EXPECT_TRUE(s.smart_hosts.front().verify_certificate);
  EXPECT_FALSE(s.smart_hosts.front().send_password_unprotected);
  EXPECT_EQ(s.smart_hosts.front().timeouts.message, Seconds(600));
}

TEST(Load, ThePortFollowsTls) {
  EXPECT_EQ(load_text(kHost, "").settings.smart_hosts.front().port, 587);
  const auto with = [](const std::string& more) {
    return load_text("smart_host = { host = \"h\"; " + more + " };", "").settings.smart_hosts.front().port;
  };
  EXPECT_EQ(with("tls = \"implicit\";"), 465);
  EXPECT_EQ(with("tls = \"none\";"), 587);
  EXPECT_EQ(with("tls = \"implicit\"; port = 10465;"), 10465);
}

TEST(Load, ADelayNoticeCanBeSwitchedOff) {
  const auto loaded = load_text(std::string(kHost) + "retry = { delay_notice = \"never\"; };", "");
  EXPECT_EQ(loaded.mistakes, Lines{});
  EXPECT_EQ(loaded.settings.retry.delay_notice, std::nullopt);
  EXPECT_EQ(mistakes_in(std::string(kHost) + "retry = { delay_notice = \"no\"; };").size(), 1u);
}

TEST(Load, EverySettingGetsThrough) {
  const Loaded loaded = load_text(R"(
    smart_host = {
      host = "2001:db8::1"; port = 2525; tls = "implicit"; ca_file = "/ca.pem"; tls_name = "mx";
      verify_certificate = false; user = "u@x"; password_file = "/p"; auth = "login";
      send_password_unprotected = true; sender = "a@x.example";
      sender_exceptions = [ "*@y" ]; idle = 7; messages_per_connection = 8;
      timeouts = { resolve = 11; connect = 12; greeting = 13; tls = 14; command = 15; data = "16s";
                   block = "1m"; message = "1h30m"; quit = 19; };
    };
    listener = { listen = "*:25"; open_to_network = true; user = "l"; password_file = "/lp";
                 certificate_file = "/lc"; key_file = "/lk"; };
    retry = { first = 1; longest = 2; lifetime = "2w"; delay_notice = "1d"; };
    dead_letters = { lifetime = "90d"; size = "1G"; };
    alarm = { after = "2h"; again = "2d"; command = [ "/bin/page", "-x", "a b" ]; timeout = 9; };
    hostname = "web1.example.org"; domain = "example.org"; ignore_dots = true;
    admin = "ops@example.com"; aliases = "";
    message_size_limit = "5M"; queue_directory = "/q"; run_directory = "/r";
    user = "u"; group = "g"; administrators = [ "a", "b" ]; log = "stderr"; log_debug = true;
    drop_directory = false; submission_socket = true; sync_every = 1;)",
                                  "m.conf");
  EXPECT_EQ(loaded.mistakes, Lines{});
  const Settings& s = loaded.settings;
  const SmartHost& h = s.smart_hosts.front();
  EXPECT_EQ(h.host + h.ca_file + h.tls_name + h.user + h.password_file,
            "2001:db8::1/ca.pemmxu@x/p");
  EXPECT_EQ(h.port, 2525);
  EXPECT_EQ(h.tls, Tls::implicit);
  EXPECT_FALSE(h.verify_certificate);
  EXPECT_EQ(h.auth, AuthMechanism::login);
  EXPECT_TRUE(h.send_password_unprotected);
  EXPECT_EQ(h.sender, "a@x.example");
  EXPECT_EQ(h.sender_exceptions, Lines{"*@y"});
  EXPECT_EQ(h.idle, Seconds(7));
  EXPECT_EQ(h.messages_per_connection, 8u);
  const Timeouts& t = h.timeouts;
  const Lines spans = {std::to_string(t.resolve.count()),  std::to_string(t.connect.count()),
                       std::to_string(t.greeting.count()), std::to_string(t.tls.count()),
                       std::to_string(t.command.count()),  std::to_string(t.data.count()),
                       std::to_string(t.block.count()),    std::to_string(t.message.count()),
                       std::to_string(t.quit.count())};
  EXPECT_EQ(spans, (Lines{"11", "12", "13", "14", "15", "16", "60", "5400", "19"}));
  const Listener& l = *s.listener;
  EXPECT_EQ(l.listen.at(0).text() + l.user + l.password_file + l.certificate_file + l.key_file,
            "*:25l/lp/lc/lk");
  EXPECT_TRUE(l.open_to_network);
  EXPECT_EQ(s.retry.first, Seconds(1));
  EXPECT_EQ(s.retry.longest, Seconds(2));
  EXPECT_EQ(s.retry.lifetime, Seconds(14 * 86400));
  EXPECT_EQ(s.retry.delay_notice, Seconds(86400));
  EXPECT_EQ(s.dead_letters.lifetime, Seconds(90 * 86400));
  EXPECT_EQ(s.dead_letters.size, std::uint64_t{1} << 30);
  EXPECT_EQ(s.alarm.after, Seconds(7200));
  EXPECT_EQ(s.alarm.again, Seconds(2 * 86400));
  EXPECT_EQ(s.alarm.command, (Lines{"/bin/page", "-x", "a b"}));
  EXPECT_EQ(s.alarm.timeout, Seconds(9));
  EXPECT_EQ(s.hostname + s.domain + s.queue_directory + s.run_directory + s.user + s.group,
            "web1.example.orgexample.org/q/rug");
  EXPECT_TRUE(s.ignore_dots);
  EXPECT_EQ(s.admin, "ops@example.com");
  EXPECT_EQ(s.aliases, "");
  EXPECT_EQ(s.message_size_limit, 5u << 20);
  EXPECT_EQ(s.administrators, (Lines{"a", "b"}));
  EXPECT_EQ(s.log, LogTarget::standard_error);
  EXPECT_TRUE(s.log_debug);
  EXPECT_EQ(s.sync_every, 1u);
  EXPECT_FALSE(s.drop_directory_open);
  EXPECT_TRUE(s.submission_socket_open);
}

TEST(Load, WhatHoldsForNobodyIsAMistake) {
  const auto mistakes = [](const std::string& storms) { return load_text(kHost + ("storms = { " + storms + " };"), "f").mistakes; };
  EXPECT_EQ(mistakes("messages_per_minute = 5; size_in_queue = \"1M\";"),
            std::vector<std::string>{
                "f:2: storms.messages_per_minute without limits, so that it holds for nobody; write limits = \"all\";"});
  EXPECT_EQ(mistakes("ignore_digits = true;"),
            std::vector<std::string>{
                "f:2: storms.ignore_digits without digests, so that it holds for nobody; write digests = \"all\";"});
  EXPECT_TRUE(mistakes("limits = \"off\"; messages_per_minute = 5; digests = [ \"root\" ]; digest_above = 3;").empty());
}

TEST(Load, OneWayInMustBeOpen) {
  EXPECT_EQ(load_text(std::string(kHost) + "submission_socket = false;", "").mistakes, Lines{});
  EXPECT_EQ(load_text(std::string(kHost) + "drop_directory = false;", "").mistakes, Lines{});
  const auto neither =
      load_text(std::string(kHost) + "drop_directory = false;\nsubmission_socket = false;", "m.conf").mistakes;
  ASSERT_EQ(neither.size(), 1u);
  EXPECT_NE(neither[0].find("drop_directory and submission_socket are both false"), std::string::npos)
      << neither[0];
}

TEST(Load, ALargeNumberNeedsNoSuffix) {
  for (const char* const number : {"5000000000", "5000000000L", "\"5000000000\""}) {
    const Loaded loaded =
        load_text(std::string(kHost) + "message_size_limit = " + number + ";", "");
    EXPECT_EQ(loaded.settings.message_size_limit, 5000000000u) << number;
    EXPECT_EQ(loaded.mistakes, Lines{});
  }
}

struct Case {
  const char* text;
  const char* complaint;
};

TEST(Load, EachMistakeSaysWhatToWriteInstead) {
  const Case cases[] = {
      {"hostnam = \"x\";", "unknown setting 'hostnam'; did you mean 'hostname'?"},
      {"log-debug = true;", "unknown setting 'log-debug'; did you mean 'log_debug'?"},
      {"colour = 1;", "unknown setting 'colour'; leave it out (mailchute.conf(5) has them all)"},
      {"port = 25;", "unknown setting 'port'; it belongs here: smart_host = { port = 587; };"},
      {"retry = { tls = 1; };",
       "unknown setting 'retry.tls'; it belongs here: smart_host = { tls = \"starttls\"; };"},
      {"alarm = { command = \"page mail\"; };",
       "alarm.command wants a program that starts with / and its arguments, each in double quotes, in "
       "brackets; write command = [ \"/usr/local/sbin/page\", \"mail\" ];"},
      {"alarm = { command = \"/sbin/page mail\"; };",
       "alarm.command wants a program that starts with / and its arguments, each in double quotes, in "
       "brackets; write command = [ \"/usr/local/sbin/page\", \"mail\" ];"},
      {"alarm = { command = [ ]; };",
       "alarm.command wants a program that starts with / and its arguments, each in double quotes, in "
       "brackets; write command = [ \"/usr/local/sbin/page\", \"mail\" ];"},
      {"ignore_dots = \"yes\";", "ignore_dots wants true or false; write ignore_dots = true;"},
      {"ignore_dots = 0;", "ignore_dots wants true or false; write ignore_dots = false;"},
      {"log_debug = \"maybe\";", "log_debug wants true or false; write log_debug = true;"},
      {"retry = 60;", "retry wants a group; write retry = { first = 60; longest = 3600; };"},
      {"retry = { first = 0; };",
       "retry.first wants a time from 1 second to a year, in seconds or as \"15m\", \"4h\", "
       "\"5d\"; write first = 60;"},
      {"retry = { lifetime = \"5 days\"; };",
       "retry.lifetime wants a time from 1 second to a year, in seconds or as \"15m\", \"4h\", "
       "\"5d\"; write lifetime = \"5d\";"},
      {"retry = { first = 1.5; };",
       "retry.first wants a time from 1 second to a year, in seconds or as \"15m\", \"4h\", "
       "\"5d\"; write first = 60;"},
      {"retry = { first = 61; longest = 60; };",
       "retry.first = 61 is more than retry.longest = 60; write longest = 61; or more"},
      {"retry = { longest = 59; };",
       "retry.first = 60 is more than retry.longest = 59; write longest = 60; or more"},
      {"message_size_limit = -1;",
       "message_size_limit wants octets, or a size like \"500K\", \"100M\", \"1G\"; 0 is no limit; "
       "write message_size_limit = \"100M\";"},
      {"message_size_limit = \"100T\";",
       "message_size_limit wants octets, or a size like \"500K\", \"100M\", \"1G\"; 0 is no limit; "
       "write message_size_limit = \"100M\";"},
      {"hostname = \"my host\";",
       "hostname wants the name of a host; write hostname = \"web1.example.org\";"},
      {"queue_directory = \"spool\";",
       "queue_directory wants a path that starts with /; write queue_directory = "
       "\"/var/spool/mailchute\";"},
      {"user = \"\";", "user wants a name of this machine; write user = \"mailchute\";"},
      {"admin = \"root\";",
       "admin wants an address elsewhere, without a name; write admin = \"ops@example.org\";"},
      {"admin = \"root@localhost\";",
       "admin wants an address elsewhere, without a name; write admin = \"ops@example.org\";"},
      {"admin = \"Ops <ops@example.org>\";",
       "admin wants an address elsewhere, without a name; write admin = \"ops@example.org\";"},
      {"admin = \"a@x, b@x\";",
       "admin wants an address elsewhere, without a name; write admin = \"ops@example.org\";"},
      {"aliases = \"aliases\";",
       "aliases wants a path that starts with /; write aliases = \"/etc/aliases\";"},
      {"administrators = \"root\";",
       "administrators wants names in brackets; write administrators = [ \"root\" ];"},
      {"administrators = [ 1, 2 ];",
       "administrators wants names in brackets; write administrators = [ \"root\" ];"},
      {"log = \"file\";",
       "log wants one of \"automatic\", \"syslog\", \"stderr\"; write log = \"syslog\";"},
      {"sync_every = 4294967297;",
       "sync_every wants a number from 1 to 1000000; write sync_every = 64;"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(mistakes_in(kHost + std::string(c.text)),
              Lines{"m.conf:2: " + std::string(c.complaint)});
}

TEST(Load, MistakesOfTheSmartHostSayWhatToWriteInstead) {
  const Case cases[] = {
      {"port = \"2525\";",
       "smart_host.port wants a number from 1 to 65535, without quotes; write port = 2525;"},
      {"port = \"smtp\";",
       "smart_host.port wants a number from 1 to 65535, without quotes; write port = 587;"},
      {"port = 0;", "smart_host.port wants a number from 1 to 65535; write port = 587;"},
      {"port = 4294967883;", "smart_host.port wants a number from 1 to 65535; write port = 587;"},
      {"port = 465;", "port 465 speaks TLS from the first octet; write tls = \"implicit\";"},
      {"tls = \"ssl\";",
       "smart_host.tls wants one of \"starttls\", \"implicit\", \"none\"; write tls = "
       "\"starttls\";"},
      {"tls = true;",
       "smart_host.tls wants one of \"starttls\", \"implicit\", \"none\"; write tls = "
       "\"starttls\";"},
      {"ca_file = \"ca.pem\";",
       "smart_host.ca_file wants a path that starts with /; write ca_file = "
       "\"/etc/ssl/certs/ca-certificates.crt\";"},
      {"idle = 0;",
       "smart_host.idle wants a time from 1 second to a year, in seconds or as \"15m\", \"4h\", "
       "\"5d\"; write idle = 5;"},
      {"timeouts = { conect = 5; };",
       "unknown setting 'smart_host.timeouts.conect'; did you mean 'connect'?"},
      {"log_debug = true;",
       "unknown setting 'smart_host.log_debug'; it belongs here: log_debug = true; outside of all "
       "groups"},
      {"sender = \"fixed\";",
       "smart_host.sender wants \"keep\", \"domain\" or an address; write sender = "
       "\"alerts@example.org\";"},
      {"sender = \"Alerts <alerts@example.org>\";",
       "smart_host.sender wants \"keep\", \"domain\" or an address; write sender = "
       "\"alerts@example.org\";"},
      {"sender_exceptions = \"*@example.com\";",
       "smart_host.sender_exceptions wants at most 100 patterns of addresses in brackets; write "
       "sender_exceptions = [ \"*@example.com\" ];"},
      {"sender_exceptions = [ \"example.com\" ];",
       "smart_host.sender_exceptions wants patterns of addresses, and 'example.com' has no '@'; "
       "write sender_exceptions = [ \"*@example.com\" ];"},
      {"user = \"me\";",
       "smart_host.user without a password; write password_file = \"/etc/mailchute/password\";"},
      {"password_file = \"/p\";",
       "smart_host.password_file without a user; write user = \"web1@example.org\";"},
      {"user = \"me\"; password_file = \"/p\"; tls = \"none\";",
       "smart_host.tls = \"none\" would send the password for everybody to read; write tls = "
       "\"starttls\"; or, if that is what you want, send_password_unprotected = true;"},
      {"user = \"me\"; password_file = \"/p\"; verify_certificate = false;",
       "smart_host.verify_certificate = false would give the password to anybody who claims to be "
       "the smart host; write ca_file = \"...\"; instead or, if that is what you want, "
       "send_password_unprotected = true;"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(mistakes_in_smart_host(c.text), Lines{"m.conf:3: " + std::string(c.complaint)});
}

// Complaints about what stands in the listener's group, on line 3.
std::vector<std::string> mistakes_in_listener(const std::string& settings) {
  return mistakes_in(std::string(kHost) + "listener = {\n" + settings + "\n};\n");
}

TEST(Load, TheListenerTakesOneAddressOrSeveral) {
  const auto listen = [](const std::string& value) {
    const Loaded loaded = load_text(std::string(kHost) + "listener = { listen = " + value + "; };", "");
    EXPECT_EQ(loaded.mistakes, Lines{});
    std::string text;
    for (const Endpoint& at : loaded.settings.listener->listen) text += at.text() + " ";
    return text;
  };
  EXPECT_EQ(listen("\"localhost:25\""), "localhost:25 ");
  EXPECT_EQ(listen("[ \"127.0.0.1:25\", \"[::1]:587\" ]"), "127.0.0.1:25 [::1]:587 ");
  EXPECT_EQ(listen("( \"localhost:25\" )"), "localhost:25 ");
}

TEST(Load, WithoutAGroupNothingListens) {
  EXPECT_FALSE(load_text(kHost, "").settings.listener);
  EXPECT_EQ(mistakes_in_listener(""), Lines{});  // a service manager may have sockets for it
}

TEST(Load, MistakesOfTheListenerSayWhatToWriteInstead) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"listen = 25;",
       "listener.listen wants addresses with a port, \"localhost:25\" or \"[::1]:587\", in brackets; "
       "write listen = [ \"localhost:25\" ];"},
      {"listen = \"mail.example.org:25\";",
       "listener.listen wants addresses with a port, \"localhost:25\" or \"[::1]:587\", in brackets; "
       "write listen = [ \"localhost:25\" ];"},
      {"listen = [ ];",
       "listener.listen wants addresses with a port, \"localhost:25\" or \"[::1]:587\", in brackets; "
       "write listen = [ \"localhost:25\" ];"},
      {"listen = [ \"127.0.0.1:25\", \"0.0.0.0:587\" ];",
       "listener.listen = \"0.0.0.0:587\" would let other machines send mail through this one; write "
       "listen = [ \"localhost:587\" ]; or, if that is what you want, open_to_network = true;"},
      {"listen = \"*:25\"; open_to_network = true; user = \"a\"; password_file = \"/p\";",
       "listener.user without TLS would have other machines send the password for everybody to read; "
       "write certificate_file = \"/etc/mailchute/listener-cert.pem\"; and key_file = "
       "\"/etc/mailchute/listener-key.pem\";"},
      {"user = \"a\";",
       "listener.user without a password; write password_file = \"/etc/mailchute/listener-password\";"},
      {"key_file = \"/k\";",
       "listener.key_file without a certificate; write certificate_file = "
       "\"/etc/mailchute/listener-cert.pem\";"},
  };
  for (const auto& [text, complaint] : cases)
    EXPECT_EQ(mistakes_in_listener(text), Lines{"m.conf:3: " + complaint}) << text;
  EXPECT_EQ(mistakes_in_listener("listen = \"*:25\"; open_to_network = true;"), Lines{});
  EXPECT_EQ(mistakes_in(std::string(kHost) + "listen = \"localhost:25\";"),
            Lines{"m.conf:2: unknown setting 'listen'; it belongs here: "
                  "listener = { listen = [ \"localhost:25\" ]; };"});
}

TEST(Load, UnprotectedMailIsAllowedWithoutAPassword) {
  EXPECT_EQ(mistakes_in_smart_host("tls = \"none\";"), Lines{});
  EXPECT_EQ(mistakes_in_smart_host("verify_certificate = false;"), Lines{});
  EXPECT_EQ(mistakes_in_smart_host("user = \"me\"; password_file = \"/p\"; tls = \"none\"; "
                                   "send_password_unprotected = true;"),
            Lines{});
}

TEST(Load, AFileWithoutSmartHostIsAMistake) {
  EXPECT_EQ(mistakes_in(""),
            Lines{"m.conf: no smart host: write smart_host = { host = \"mail.example.org\"; };"});
  EXPECT_EQ(mistakes_in("\nsmart_host = {\n};"),
            Lines{"m.conf:2: smart_host without a host; write host = \"mail.example.org\";"});
  EXPECT_EQ(mistakes_in("smart_host = \"mail.example.org\";"),
            Lines{"m.conf:1: smart_host wants a group; write smart_host = { host = "
                  "\"mail.example.org\"; };"});
}

TEST(Load, AllMistakesComeAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(mistakes_in("smart_host = {\n  port = 465;\n  user = \"me\";\n};\nloog = 1;\nlog = 2;"),
            (Lines{"m.conf:1: smart_host without a host; write host = \"mail.example.org\";",
                   "m.conf:2: port 465 speaks TLS from the first octet; write tls = \"implicit\";",
                   "m.conf:3: smart_host.user without a password; write password_file = "
                   "\"/etc/mailchute/password\";",
                   "m.conf:5: unknown setting 'loog'; did you mean 'log'?",
                   "m.conf:6: log wants one of \"automatic\", \"syslog\", \"stderr\"; write log = "
                   "\"syslog\";"}));
}

TEST(Load, APasswordInTheFileIsRefusedAndNeverShown) {
  for (const char* const text :
       {"password = \"hunter2\";", "passwd = \"hunter2\";", "password = hunter2;",
        "password_file = \"hunter2\";", "password 'hunter2'", "user = \"hunter2\";;;="}) {
    const Lines mistakes = mistakes_in_smart_host(text);
    ASSERT_FALSE(mistakes.empty());
    for (const std::string& mistake : mistakes)
      EXPECT_EQ(mistake.find("hunter2"), mistake.npos) << mistake;
  }
  EXPECT_EQ(mistakes_in_smart_host("password = \"hunter2\";"),
            Lines{"m.conf:3: every user can read this file, so the password has one of its own; "
                  "create it with install -m 640 -o root -g mailchute /dev/null "
                  "/etc/mailchute/password, write the password there with an editor, and here "
                  "password_file = \"/etc/mailchute/password\";"});
}

TEST(Load, ASyntaxErrorHasItsLineAndAdvice) {
  const Case cases[] = {
      {"hostname = web1.example.org;",
       "2: syntax error: text goes between double quotes; write setting = \"text\";"},
      {"ignore_dots = yes;", "2: syntax error: write true or false"},
      {"retry.first = 5;",
       "2: syntax error: no dots in names; write group = { setting = value; };"},
      {"hostname \"web1\";", "2: syntax error: an equals sign is missing; write setting = value;"},
      {"retry = {\n first = 60;\n",
       "4: syntax error: the file ends too early; close every { } and every \"text\""},
      {"log = ;",
       "2: syntax error: look here and on the line before for a missing ; or \" or brace"},
      {"log = \"syslog\";\nlog = \"syslog\";",
       "3: duplicate setting name: it is already set further up; keep one of the two"},
      {"administrators = [ \"a\", 1 ];",
       "2: mismatched element type in array: everything in brackets must be of one kind; write "
       "[ \"text\", \"text\" ]"},
  };
  for (const Case& c : cases) {
    const Loaded loaded = load_text(kHost + std::string(c.text), "m.conf");
    EXPECT_EQ(loaded.mistakes, Lines{"m.conf:" + std::string(c.complaint)});
    EXPECT_FALSE(loaded.readable);
  }
}

TEST(Load, WhatLibconfigWouldStumbleOverIsRefusedBefore) {
  EXPECT_EQ(mistakes_in("\n  @include \"/etc\"\n"),
            Lines{"m.conf:2: @include is not supported; write the settings into this file"});
  EXPECT_EQ(mistakes_in(std::string("a = 1;\n\0b", 9)),
            Lines{"m.conf:2: a NUL octet: this is not a text file; write it anew"});
  EXPECT_EQ(mistakes_in("a = " + std::string(500000, '(')),
            Lines{"m.conf:1: memory exhausted: groups are nested too deeply; see "
                  "mailchute.conf(5)"});
}

TEST(Load, ComplaintsAreBoundedInNumberAndLength) {
  std::string text(kHost);
  for (int i = 0; i < 1000; ++i) text += "x" + std::to_string(i) + " = 1;\n";
  EXPECT_EQ(mistakes_in(text).size(), 100u);
  const Lines lines = mistakes_in(std::string(kHost) + std::string(100000, 'y') + " = 1;");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_LT(lines[0].size(), 200u);
}

TEST(Load, LineEndsOfWindowsDoNoHarm) {
  EXPECT_EQ(mistakes_in("# c\r\nsmart_host = {\r\n  host = \"h\";\r\n};\r\n"), Lines{});
}

TEST(Load, AFileIsReadAndCompleted) {
  const TemporaryFile file(kHost);
  const Loaded loaded = load(file.path());
  EXPECT_EQ(loaded.mistakes, Lines{});
  EXPECT_FALSE(loaded.settings.hostname.empty());
  EXPECT_EQ(loaded.settings.domain, loaded.settings.hostname);
}

TEST(Load, AnUnreadableFileSaysWhyAndWhatToDo) {
  const Loaded missing = load("/nonexistent/m.conf");
  EXPECT_EQ(missing.mistakes,
            Lines{"/nonexistent/m.conf: No such file or directory; write it as mailchute.conf(5) "
                  "says, or give another with -C"});
  EXPECT_FALSE(missing.readable);
  EXPECT_EQ(load("/tmp").mistakes.size(), 1u);
  const TemporaryFile large(std::string((1 << 20) + 1, '#'));
  EXPECT_EQ(load(large.path()).mistakes,
            Lines{large.path() + ": longer than 1048576 octets; this cannot be a configuration "
                                 "file, give another with -C"});
}

TEST(LoadForSubmission, ReadsWhatItNeedsAndToleratesTheRest) {
  const TemporaryFile file(
      "queue_directory = \"/q\"; run_directory = \"/r\"; hostname = \"h\"; ignore_dots = true;\n"
      "message_size_limit = 5000000000;\nuser = 7; foo = 8; smart_host = 9;"
      "drop_directory = false; submission_socket = false;");
  const Loaded loaded = load_for_submission(file.path());
  EXPECT_TRUE(loaded.readable);
  EXPECT_EQ(loaded.mistakes, Lines{});
  const Settings& s = loaded.settings;
  EXPECT_EQ(s.queue_directory + s.run_directory + s.hostname + s.domain, "/q/rhh");
  EXPECT_TRUE(s.ignore_dots);
  EXPECT_EQ(s.message_size_limit, 5000000000u);
  EXPECT_FALSE(s.drop_directory_open);
  EXPECT_FALSE(s.submission_socket_open);
}

TEST(LoadForSubmission, AFileThatCannotBeReadLeavesTheDefaults) {
  const TemporaryFile broken("queue_directory = \"/q\"; }");
  const TemporaryFile including("queue_directory = \"/q\";\n@include \"/etc\"\n");
  for (const std::string& file : {std::string("/nonexistent"), broken.path(), including.path()}) {
    const Loaded loaded = load_for_submission(file);
    EXPECT_FALSE(loaded.readable) << file;
    EXPECT_EQ(loaded.settings.queue_directory, "/var/spool/mailchute");
    EXPECT_FALSE(loaded.settings.hostname.empty());
  }
}

}  // namespace
}  // namespace mailchute::config
