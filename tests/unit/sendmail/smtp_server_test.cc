// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/smtp_server.h"

#include <sys/socket.h>

#include "fixture.h"
#include "queue/format.h"

namespace mailchute::sendmail {
namespace {

class SmtpServer : public TemporaryQueue {
 protected:
  // What is answered to these octets; the input ends behind them.
  std::string run(std::string input) {
    const Piped piped(std::move(input));
    const std::string path = folder_ / "replies";
    const sys::UniqueFd output(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    served_ = serve({piped.get(), output.get()});
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  Result<> serve(const SmtpStreams& streams) {
    Report report(terminal_, log_);
    return serve_smtp(streams, options_, settings_, 1000, report);
  }

  Options options_;
  TextLog terminal_, log_;
  Result<> served_;
};

constexpr char kEnvelope[] = "EHLO me\r\nMAIL FROM:<me@x>\r\nRCPT TO:<you@x>\r\n";

bool says(const std::string& replies, std::string_view line) {
  return replies.find("\n" + std::string(line) + "\r\n") != std::string::npos;
}

TEST_F(SmtpServer, QueuesSeveralMessagesInASession) {
  const std::string replies =
      run(std::string(kEnvelope) + "DATA\r\nSubject: one\r\n\r\n..\r\n.\r\n" + kEnvelope +
          "BDAT 14 LAST\r\nSubject: two\r\nQUIT\r\n");
  EXPECT_TRUE(served_);
  EXPECT_TRUE(replies.ends_with("\r\n221 2.0.0 box.example.org closes the connection\r\n")) << replies;
  const auto entries = files("new");
  ASSERT_EQ(entries.size(), 2u);
  for (const auto& entry : entries) {
    const auto head = queue::parse_head(entry, entry.size());
    ASSERT_TRUE(head);
    EXPECT_EQ(head->envelope.reverse_path, "me@x");
    EXPECT_EQ(head->envelope.uid, 1000u);
    EXPECT_NE(entry.find("(mailchute, from uid 1000)\n\twith ESMTP id "), std::string::npos);
    EXPECT_NE(entry.find(entry.find("Subject: one\n") != std::string::npos ? "\n\n.\n" : "Subject: two\n"),
              std::string::npos);
  }
  EXPECT_TRUE(files("tmp").empty());
  EXPECT_EQ(terminal_.text + log_.text, "");
}

TEST_F(SmtpServer, EndOfInputIsTheEndOfTheSession) {
  EXPECT_EQ(run(""), "220 box.example.org ESMTP\r\n");
  EXPECT_TRUE(served_);
  run(kEnvelope);
  EXPECT_TRUE(served_);
}

TEST_F(SmtpServer, OfAMessageWithoutEndNothingStays) {
  for (const std::string end : {"DATA\r\n", "DATA\r\nhalf", "DATA\r\nhalf\r\n.", "BDAT 9\r\nhalf",
                                "BDAT 4\r\nhalf", "DATA\r\nhalf\n.\n", "DATA\r\nSubject: x\r\n\r\nhalf\r\n"}) {
    run(kEnvelope + end);
    ASSERT_FALSE(served_) << end;
    EXPECT_EQ(served_.error().kind, Error::Kind::io);
    EXPECT_TRUE(files("tmp").empty());
    EXPECT_TRUE(files("new").empty());
  }
}

TEST_F(SmtpServer, WithoutAWayInAMessageIsRefusedForNow) {
  settings_.queue_directory = folder_ / "nowhere";
  const std::string replies = run(std::string(kEnvelope) + "DATA\r\nx\r\n.\r\nQUIT\r\n");
  EXPECT_TRUE(served_);
  EXPECT_NE(replies.find("\n451 4.3.0 "), std::string::npos) << replies;
  EXPECT_NE(log_.text.find("start mailchuted once"), std::string::npos);
  EXPECT_EQ(log_.text, terminal_.text);
}

TEST_F(SmtpServer, WhatNoWayTakesIsRefusedForGood) {
  const std::string replies =
      run(std::string(kEnvelope) + "DATA\r\nX: " + std::string(3 << 20, 'x') + "\r\n.\r\nQUIT\r\n");
  EXPECT_NE(replies.find("\n554 5.6.0 header larger than 2 MiB"), std::string::npos) << replies;
  EXPECT_TRUE(files("new").empty() && files("tmp").empty());
}

TEST_F(SmtpServer, TheSizeLimitHoldsForTheClientsTextAndForWhatIsAdded) {
  settings_.message_size_limit = 300;
  std::string replies = run(std::string(kEnvelope) + "DATA\r\n" + std::string(400, 'x') + "\r\n.\r\n");
  EXPECT_TRUE(says(replies, "250-SIZE 300")) << replies;
  EXPECT_TRUE(says(replies, "552 5.3.4 The message is too large")) << replies;
  replies = run(std::string(kEnvelope) + "DATA\r\n\r\n" + std::string(200, 'x') + "\r\n.\r\n");
  EXPECT_TRUE(says(replies, "554 5.6.0 message larger than 300 octets (message_size_limit)")) << replies;
  EXPECT_TRUE(files("new").empty() && files("tmp").empty());
}

TEST_F(SmtpServer, OptionsOfASubmissionReachTheQueueWhereTheyMeanSomething) {
  options_.request.wait_for_queue_run = true;
  options_.verbose = true;
  run(std::string(kEnvelope) + "DATA\r\nx\r\n.\r\n");
  const auto entries = files("new");
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_TRUE(queue::parse_head(entries[0], entries[0].size())->envelope.wait_for_queue_run);
  EXPECT_NE(terminal_.text.find(" from <me@x>\nto <you@x>\n"), std::string::npos) << terminal_.text;
}

TEST_F(SmtpServer, EtrnSaysWhatTheDaemonAnswers) {
  const std::string replies = run("ETRN\r\nETRN x.org\r\n");
  EXPECT_TRUE(says(replies, "501 5.5.4 Syntax: ETRN node"));
  EXPECT_NE(replies.find("\n458 4.3.0 no answer from mailchuted: "), std::string::npos) << replies;
}

struct Pair {
  Pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0); }
  ~Pair() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  int ends[2];
};

TEST_F(SmtpServer, WhoSaysNothingIsToldToGo) {
  const Pair socket;
  EXPECT_TRUE(serve({socket.ends[0], socket.ends[0], Milliseconds(1)}));
  std::string replies(4096, '\0');
  replies.resize(static_cast<std::size_t>(::read(socket.ends[1], replies.data(), replies.size())));
  EXPECT_EQ(replies, "220 box.example.org ESMTP\r\n421 4.4.2 Waited too long\r\n");
}

TEST_F(SmtpServer, WhoReadsNoRepliesIsLeft) {
  const Pair replies;
  std::string talk;
  for (int i = 0; i < 900; ++i) talk += "HELP\r\n";
  talk = talk + kEnvelope + "DATA\r\n.\r\n" + talk;
  std::string input;
  for (int i = 0; i < 30; ++i) input += talk;
  const Piped piped(input);
  const auto served = serve({piped.get(), replies.ends[0], Milliseconds(50)});
  ASSERT_FALSE(served);
  EXPECT_EQ(served.error().text, "the client reads no replies");
}

TEST_F(SmtpServer, AClientThatIsGoneIsTheEndOfInput) {
  int pipe[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  ::close(pipe[0]);
  const sys::UniqueFd output(pipe[1]);
  const Piped piped("QUIT\r\n");
  EXPECT_TRUE(serve({piped.get(), output.get()}));
}

TEST_F(SmtpServer, AStreamThatFailsIsAnError) {
  const sys::UniqueFd folder(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const sys::UniqueFd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  const auto served = serve({folder.get(), nowhere.get()});
  ASSERT_FALSE(served);
  EXPECT_EQ(served.error().kind, Error::Kind::io);
}

}  // namespace
}  // namespace mailchute::sendmail
