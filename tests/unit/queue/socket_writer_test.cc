// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/socket_writer.h"

#include <gtest/gtest.h>

#include "fixture.h"
#include "queue/submission_protocol.h"
#include "support/line_server.h"

namespace mailchute::queue {
namespace {

using support::LineClient;
using support::LineServer;

constexpr SocketPatience kLong{Milliseconds(20000), Milliseconds(20000)};
constexpr SocketPatience kShort{Milliseconds(200), Milliseconds(300)};

// What a daemon would take: reads one submission to its end, or to where it breaks off.
struct Received {
  std::string id;
  mail::Envelope envelope;
  std::string message;
  bool ended = false;
};

Received take(LineClient& client) {
  Received received;
  SubmissionReader reader;
  for (std::string octets = client.some(); !octets.empty(); octets = client.some()) {
    for (std::string_view input = octets; !input.empty();) {
      const auto event = reader.next(input);
      if (!event) return received;
      if (const auto* it = std::get_if<SubmissionReader::Announced>(&*event)) received.id = it->id;
      if (const auto* it = std::get_if<SubmissionReader::Begin>(&*event)) {
        received.envelope = it->envelope;
        client.say(format_go(received.id));
      }
      if (const auto* it = std::get_if<SubmissionReader::Octets>(&*event)) received.message += it->octets;
      if (const auto* it = std::get_if<SubmissionReader::End>(&*event)) {
        DigestBuilder digest;
        digest.update(format_envelope(received.envelope));
        digest.update(received.message);
        received.ended = it->sum.digest == digest.finish();
        return received;
      }
    }
  }
  return received;
}

class SocketWriterTest : public ::testing::Test {
 protected:
  Result<> submit(const std::string& message, std::size_t piece = 50000) {
    SocketWriter writer(path_, id_, patience_);
    if (auto begun = writer.begin(envelope_); !begun) return begun;
    for (std::size_t at = 0; at < message.size(); at += piece) {
      if (auto written = writer.write(std::string_view(message).substr(at, piece)); !written) return written;
    }
    return writer.commit();
  }
  std::string large() const { return std::string(300000, 'x') + "\n"; }
  std::string ask() const {
    const std::string line = format_ask(id_);
    return line.substr(0, line.size() - 1);
  }

  TemporaryFolder folder_;
  std::string path_ = folder_ / "submit";
  std::string id_ = new_queue_id();
  mail::Envelope envelope_ = envelope_to({"a@b", "c@d"});
  SocketPatience patience_ = kLong;
};

TEST_F(SocketWriterTest, HandsOverTheSameHoweverItIsGivenTheMessage) {
  for (const std::size_t piece : {999u, 65535u, 65536u, 65537u, 1000000u}) {
    for (const std::string& message : {std::string(), std::string(kMessage), std::string(65536, 'y'), large()}) {
      Received received;
      LineServer server(path_, {[&](LineClient& client) {
                          received = take(client);
                          client.say(format_ok(received.id));
                        }});
      const auto submitted = submit(message, piece);
      EXPECT_TRUE(submitted) << submitted.error().text;
      EXPECT_EQ(server.stop(), 1);
      EXPECT_TRUE(received.ended);
      EXPECT_EQ(received.id, id_);
      EXPECT_EQ(received.envelope, envelope_);
      EXPECT_TRUE(received.message == message) << piece << " " << message.size();
      std::filesystem::remove(path_);
    }
  }
}

TEST_F(SocketWriterTest, ConnectsOnlyWhenThereIsMuchToSayOrAll) {
  SocketWriter writer(path_, id_, patience_);
  ASSERT_TRUE(writer.begin(envelope_));
  EXPECT_TRUE(writer.write(std::string(60000, 'x'))) << "nobody is there";
  EXPECT_FALSE(writer.streaming());
  EXPECT_FALSE(writer.commit());
}

TEST_F(SocketWriterTest, NamesTheSocketThatIsNotThere) {
  for (const std::string& message : {std::string(kMessage), large()}) {
    const auto submitted = submit(message);
    ASSERT_FALSE(submitted);
    EXPECT_EQ(submitted.error().kind, Error::Kind::unavailable);
    EXPECT_NE(submitted.error().text.find(path_), std::string::npos) << submitted.error().text;
  }
  LineServer(path_, {}).stop();
  EXPECT_EQ(submit(kMessage).error().kind, Error::Kind::temporary) << "nobody listens any more";
}

TEST_F(SocketWriterTest, RefusesAnImpossibleEnvelope) {
  envelope_.recipients.clear();
  EXPECT_EQ(submit(kMessage).error().kind, Error::Kind::data);
}

TEST_F(SocketWriterTest, TellsWhyTheDaemonRefuses) {
  for (const std::string& message : {std::string(kMessage), large()}) {
    LineServer server(path_, {[&](LineClient& client) {
                        client.line();
                        client.say(format_error({Error::Kind::data, "too large for me"}));
                      }});
    const auto submitted = submit(message);
    ASSERT_FALSE(submitted);
    EXPECT_EQ(submitted.error().kind, Error::Kind::data);
    EXPECT_NE(submitted.error().text.find("too large for me"), std::string::npos);
    EXPECT_EQ(server.stop(), 1);
    std::filesystem::remove(path_);
  }
}

TEST_F(SocketWriterTest, StopsWhenTheDaemonRefusesInTheMiddle) {
  LineServer server(path_, {[&](LineClient& client) {
                      client.line();
                      client.octets(format_envelope(envelope_).size());
                      client.say(format_go(id_));
                      client.octets(70000);
                      client.say(format_error({Error::Kind::data, "that is enough"}));
                    }});
  const auto submitted = submit(std::string(30 << 20, 'x'));
  ASSERT_FALSE(submitted);
  EXPECT_NE(submitted.error().text.find("that is enough"), std::string::npos) << submitted.error().text;
}

TEST_F(SocketWriterTest, ComesAgainWhenTheDaemonIsBusy) {
  const auto busy = [&](LineClient& client) {
    client.say(format_error({Error::Kind::temporary, "full house"}, true));
  };
  for (const std::string& message : {std::string(kMessage), large()}) {
    Received received;
    LineServer server(path_, {busy, busy, [&](LineClient& client) {
                                received = take(client);
                                client.say(format_ok(id_));
                              }});
    const auto submitted = submit(message);
    EXPECT_TRUE(submitted) << submitted.error().text;
    EXPECT_EQ(server.stop(), 3);
    EXPECT_TRUE(received.message == message);
    std::filesystem::remove(path_);
  }
  patience_ = kShort;
  LineServer server(path_, std::vector<LineServer::Scene>(50, busy));
  const auto refused = submit(kMessage);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::temporary);
  EXPECT_NE(refused.error().text.find("full house; nothing is queued"), std::string::npos) << refused.error().text;
}

// The daemon may have been killed before it committed or after.
TEST_F(SocketWriterTest, AsksWhatBecameOfItWhenTheAnswerIsLost) {
  for (const std::string& message : {std::string(kMessage), large()}) {
    std::string asked;
    LineServer server(path_, {[&](LineClient& client) { EXPECT_TRUE(take(client).ended); }, [](LineClient&) {},
                              [&](LineClient& client) {
                                asked = client.line();
                                client.say(format_ok(id_));
                              }});
    const auto submitted = submit(message);
    EXPECT_TRUE(submitted) << submitted.error().text;
    EXPECT_EQ(server.stop(), 3);
    EXPECT_EQ(asked, ask());
    std::filesystem::remove(path_);
  }
}

TEST_F(SocketWriterTest, SendsAgainWhatTheDaemonLostAsLongAsItIsInMemory) {
  const auto unknown = [&](LineClient& client) {
    EXPECT_EQ(client.line(), ask());
    client.say(format_error({Error::Kind::rejected, "no such entry"}));
  };
  {
    Received received;
    LineServer server(path_, {[&](LineClient& client) { take(client); }, unknown, [&](LineClient& client) {
                                received = take(client);
                                client.say(format_ok(id_));
                              }});
    EXPECT_TRUE(submit(kMessage));
    EXPECT_EQ(server.stop(), 3);
    EXPECT_EQ(received.message, kMessage);
  }
  std::filesystem::remove(path_);
  LineServer server(path_, {[&](LineClient& client) { take(client); }, unknown});
  const auto submitted = submit(large());
  ASSERT_FALSE(submitted);
  EXPECT_EQ(submitted.error().kind, Error::Kind::temporary);
  EXPECT_NE(submitted.error().text.find("nothing is queued"), std::string::npos) << submitted.error().text;
  EXPECT_EQ(server.stop(), 2);
}

TEST_F(SocketWriterTest, DoesNotWaitForEverForADaemonThatIsSilent) {
  patience_ = kShort;
  const auto silent = [](LineClient& client) { client.octets(100 << 20); };
  for (const std::string& message : {std::string(kMessage), large()}) {
    LineServer server(path_, std::vector<LineServer::Scene>(2, silent));
    const auto submitted = submit(message);
    ASSERT_FALSE(submitted);
    EXPECT_EQ(submitted.error().kind, Error::Kind::temporary);
    server.stop();
    std::filesystem::remove(path_);
  }
}

TEST_F(SocketWriterTest, SaysHonestlyWhenItCannotKnow) {
  patience_ = kShort;
  LineServer server(path_, {[&](LineClient& client) { take(client); }});
  const auto submitted = submit(kMessage);
  ASSERT_FALSE(submitted);
  EXPECT_EQ(submitted.error().kind, Error::Kind::temporary);
  EXPECT_NE(submitted.error().text.find(id_ + ": look at mailq"), std::string::npos) << submitted.error().text;
}

TEST_F(SocketWriterTest, AnAnswerThatIsNoneIsNoSuccess) {
  for (const std::string answer : {"OK\n", "OK 0\n", "250 ok\n", "\n"}) {
    LineServer server(path_, {[&](LineClient& client) {
                        take(client);
                        client.say(answer);
                      }});
    const auto submitted = submit(kMessage);
    ASSERT_FALSE(submitted);
    EXPECT_EQ(submitted.error().kind, Error::Kind::protocol);
    server.stop();
    std::filesystem::remove(path_);
  }
}

TEST_F(SocketWriterTest, KeepsAStreamAlive) {
  Received received;
  LineServer server(path_, {[&](LineClient& client) {
                      received = take(client);
                      client.say(format_ok(id_));
                    }});
  SocketWriter writer(path_, id_, patience_);
  ASSERT_TRUE(writer.begin(envelope_));
  ASSERT_TRUE(writer.write(large()));
  ASSERT_TRUE(writer.streaming());
  for (int i = 0; i < 3; ++i) writer.keep_alive();
  ASSERT_TRUE(writer.write("more\n"));
  ASSERT_TRUE(writer.commit());
  server.stop();
  EXPECT_TRUE(received.message == large() + "more\n");
}

}  // namespace
}  // namespace mailchute::queue
