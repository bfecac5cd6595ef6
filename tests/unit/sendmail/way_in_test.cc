// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/way_in.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "fixture.h"
#include "queue/format.h"
#include "queue/queue_id.h"
#include "queue/submission_protocol.h"
#include "support/line_server.h"

namespace mailchute::sendmail {
namespace {

using support::LineClient;
using support::LineServer;

class WayInTest : public TemporaryQueue {
 protected:
  void SetUp() override {
    TemporaryQueue::SetUp();
    envelope_.reverse_path = "me@example.org";
    envelope_.recipients = {{"you@example.org", {}, {}}};
  }
  Result<> submit(const std::string& message) {
    auto way = WayIn::open(settings_, id_);
    if (!way) return failure(way.error());
    if (auto begun = way->begin(envelope_); !begun) return begun;
    for (std::size_t at = 0; at < message.size(); at += 50000) {
      if (auto written = way->write(std::string_view(message).substr(at, 50000)); !written) return written;
    }
    return way->commit();
  }
  // A daemon for one submission.
  LineServer::Scene take() {
    return [this](LineClient& client) {
      queue::SubmissionReader reader;
      for (std::string octets = client.some(); !octets.empty(); octets = client.some()) {
        for (std::string_view input = octets; !input.empty();) {
          const auto event = reader.next(input);
          if (!event) return;
          if (std::holds_alternative<queue::SubmissionReader::Begin>(*event)) client.say(queue::format_go(id_));
          if (const auto* it = std::get_if<queue::SubmissionReader::Octets>(&*event)) taken_ += it->octets;
          if (const auto* it = std::get_if<queue::SubmissionReader::End>(&*event)) {
            queue::DigestBuilder digest;
            digest.update(queue::format_envelope(envelope_));
            digest.update(taken_);
            EXPECT_EQ(it->sum.digest, digest.finish());
            return client.say(queue::format_ok(id_));
          }
        }
      }
    };
  }
  Error::Kind kind_of(const Result<>& done) {
    EXPECT_FALSE(done);
    text_ = done ? "" : done.error().text;
    return done ? Error::Kind::usage : done.error().kind;
  }

  mail::Envelope envelope_;
  std::string id_ = queue::new_queue_id();
  std::string taken_;
  std::string text_;
  const std::string small_ = "Subject: x\n\ny\n";
  const std::string large_ = std::string(400000, 'x') + "\n";
};

TEST_F(WayInTest, TheDropDirectoryNeedsNobody) {
  LineServer server(settings_.submission_socket(), {take()});
  EXPECT_TRUE(submit(large_));
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(files("new").size(), 1u);
}

TEST_F(WayInTest, WithoutADropDirectoryItIsTheSocket) {
  const auto missing = [&] { std::filesystem::remove_all(folder_ / "queue/tmp"); };
  const auto closed = [&] { settings_.drop_directory_open = false; };
  for (const std::function<void()>& change : std::vector<std::function<void()>>{missing, closed}) {
    change();
    for (const std::string& message : {small_, large_, std::string()}) {
      taken_.clear();
      LineServer server(settings_.submission_socket(), {take()});
      const auto submitted = submit(message);
      EXPECT_TRUE(submitted) << submitted.error().text;
      EXPECT_TRUE(taken_ == message);
      std::filesystem::remove(settings_.submission_socket());
    }
  }
  EXPECT_TRUE(files("new").empty());
}

// Wherever the disk is full, the socket gets all of it and the drop directory keeps nothing.
TEST_F(WayInTest, ChangesOverInTheMiddleOfAMessage) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit usual{};
  ::getrlimit(RLIMIT_FSIZE, &usual);
  for (const rlim_t room : {rlim_t{0}, rlim_t{100}, rlim_t{65536}, rlim_t{200000}, rlim_t{400000}}) {
    for (const std::string& message : {small_, large_}) {
      if (message.size() + 300 < room) continue;
      taken_.clear();
      LineServer server(settings_.submission_socket(), {take()});
      const rlimit small{room, usual.rlim_max};
      ::setrlimit(RLIMIT_FSIZE, &small);
      const auto submitted = submit(message);
      ::setrlimit(RLIMIT_FSIZE, &usual);
      EXPECT_TRUE(submitted) << submitted.error().text;
      EXPECT_TRUE(taken_ == message) << room;
      EXPECT_TRUE(files("new").empty());
      EXPECT_TRUE(files("tmp").empty());
      std::filesystem::remove(settings_.submission_socket());
    }
  }
}

TEST_F(WayInTest, ChangesOverAtTheVeryEnd) {
  std::filesystem::remove_all(folder_ / "queue/new");
  LineServer server(settings_.submission_socket(), {take()});
  EXPECT_TRUE(submit(large_));
  EXPECT_TRUE(taken_ == large_);
  EXPECT_TRUE(files("tmp").empty());
}

TEST_F(WayInTest, WhatIsWrongWithTheMessageIsNoMatterOfTheWay) {
  LineServer server(settings_.submission_socket(), {take()});
  envelope_.recipients.clear();
  EXPECT_EQ(kind_of(submit(small_)), Error::Kind::data);
  settings_.drop_directory_open = false;
  EXPECT_EQ(kind_of(submit(small_)), Error::Kind::data);
  EXPECT_EQ(text_, "no recipients");
  EXPECT_EQ(server.stop(), 0);
}

TEST_F(WayInTest, NamesBothWaysWhenNeitherWorks) {
  std::filesystem::remove_all(folder_ / "queue/new");
  EXPECT_EQ(kind_of(submit(small_)), Error::Kind::temporary) << "the daemon may come back";
  EXPECT_NE(text_.find("rename to new/" + id_), std::string::npos) << text_;
  EXPECT_NE(text_.find(settings_.submission_socket()), std::string::npos) << text_;
  EXPECT_TRUE(files("tmp").empty());
  settings_.queue_directory = folder_ / "nowhere";
  EXPECT_EQ(kind_of(submit(small_)), Error::Kind::unavailable) << "nothing is set up here";
  EXPECT_NE(text_.find("start mailchuted"), std::string::npos) << text_;
}

TEST_F(WayInTest, WithoutASocketItIsTheDropDirectorysTroubleAlone) {
  settings_.submission_socket_open = false;
  std::filesystem::remove_all(folder_ / "queue/new");
  EXPECT_EQ(kind_of(submit(small_)), Error::Kind::create);
  EXPECT_EQ(text_.find("socket"), std::string::npos) << text_;
  settings_.drop_directory_open = false;
  EXPECT_EQ(kind_of(submit(small_)), Error::Kind::config);
}

TEST_F(WayInTest, ASocketThatIsConfiguredAndMissingMayComeBack) {
  settings_.drop_directory_open = false;
  EXPECT_EQ(kind_of(submit(small_)), Error::Kind::temporary);
}

TEST(BothWays, TryingAgainIsWorthIt) {
  using Kind = Error::Kind;
  const auto both = [](Kind drop, Kind socket) { return both_ways({drop, "d"}, {socket, "s"}).kind; };
  EXPECT_EQ(both(Kind::permission, Kind::unavailable), Kind::temporary);
  EXPECT_EQ(both(Kind::permission, Kind::temporary), Kind::temporary);
  EXPECT_EQ(both(Kind::temporary, Kind::permission), Kind::temporary);
  EXPECT_EQ(both(Kind::unavailable, Kind::unavailable), Kind::unavailable);
  EXPECT_EQ(both(Kind::permission, Kind::permission), Kind::permission);
  EXPECT_EQ(both(Kind::unavailable, Kind::permission), Kind::permission);
}

}  // namespace
}  // namespace mailchute::sendmail
