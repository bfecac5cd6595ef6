// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/submission_protocol.h"

#include <gtest/gtest.h>

#include "fixture.h"

namespace mailchute::queue {
namespace {

using Reader = SubmissionReader;

constexpr char kId[] = "0123456789ABCDEFGHJKMNPQRS";
const std::string kEnvelope = format_envelope(envelope_to({"a@b", "c@d"}));

Digest digest_of(std::string_view octets) {
  DigestBuilder digest;
  digest.update(octets);
  return digest.finish();
}

std::string begun() { return format_submit(kId, kEnvelope.size()) + kEnvelope; }

std::string whole(const std::string& message) {
  return begun() + format_data(message.size()) + message +
         format_end(message.size(), digest_of(kEnvelope + message));
}

// What the reader makes of octets that come in pieces of this size, one word each.
std::string events(std::string_view octets, std::size_t piece) {
  Reader reader;
  std::string said;
  std::string message;
  for (; !octets.empty(); octets.remove_prefix(std::min(piece, octets.size()))) {
    for (std::string_view input = octets.substr(0, piece); !input.empty();) {
      const auto event = reader.next(input);
      if (!event) return said + "error: " + event.error().text;
      if (const auto* ask = std::get_if<Reader::Ask>(&*event)) return said + "ask " + ask->id;
      if (const auto* it = std::get_if<Reader::Announced>(&*event)) {
        said += "announced " + it->id + " " + std::to_string(it->envelope_length) + ", ";
      }
      if (const auto* it = std::get_if<Reader::Begin>(&*event)) {
        said += "to " + std::to_string(it->envelope.recipients.size()) + ", ";
      }
      if (const auto* it = std::get_if<Reader::Octets>(&*event)) message += it->octets;
      if (const auto* it = std::get_if<Reader::End>(&*event)) {
        const bool agrees = it->sum.digest == digest_of(kEnvelope + message);
        return said + message + (agrees ? ", end" : ", wrong digest");
      }
    }
  }
  return said + message + ", more";
}

TEST(SubmissionReader, UnderstandsAnEntryHoweverItIsCut) {
  const std::string octets = begun() + "DATA 3\none" + "DATA 0\n" + "DATA 4\n two" +
                             format_end(7, digest_of(kEnvelope + "one two"));
  const std::string expected = std::string("announced ") + kId + " " +
                               std::to_string(kEnvelope.size()) + ", to 2, one two, end";
  for (std::size_t piece = 1; piece <= octets.size(); ++piece) EXPECT_EQ(events(octets, piece), expected);
}

TEST(SubmissionReader, NothingThatIsCutShortHasAnEnd) {
  const std::string octets = whole("text");
  for (std::size_t cut = 0; cut < octets.size(); ++cut) {
    EXPECT_TRUE(events(std::string_view(octets).substr(0, cut), 7).ends_with(", more")) << cut;
  }
}

TEST(SubmissionReader, AnEmptyMessageIsAMessage) {
  EXPECT_TRUE(events(begun() + format_end(0, digest_of(kEnvelope)), 100).ends_with("to 2, , end"));
}

TEST(SubmissionReader, IsAskedForAnEntry) {
  EXPECT_EQ(events(format_ask(kId), 1), std::string("ask ") + kId);
  EXPECT_TRUE(events("MAILCHUTE 1 ASK ../../etc/passwd\n", 100).starts_with("error: "));
}

TEST(SubmissionReader, RefusesWhatItDoesNotUnderstand) {
  const std::string id = kId;
  for (const std::string& octets :
       {std::string("EHLO me\n"), std::string("\n"), std::string("MAILCHUTE 1\n"),
        "MAILCHUTE 1 SUBMIT " + id + "\n", "MAILCHUTE 1 SUBMIT " + id + " -1\n",
        "MAILCHUTE 1 SUBMIT " + id + " 1 2\n", std::string("MAILCHUTE 1 SUBMIT x 10\n"),
        "MAILCHUTE 1 SUBMIT " + id + " 10\r\n", std::string(200, 'x'), begun() + "DATA\n",
        begun() + "DATA 65537\n", begun() + "DATA -1\n", begun() + "data 1\n", begun() + "END\n",
        begun() + "END 0\n", begun() + "END 0 00\n", begun() + std::string(81, 'D')}) {
    for (const std::size_t piece : {1u, 3u, 1000u}) {
      const auto said = events(octets, piece);
      EXPECT_NE(said.find("error: not understood: "), said.npos) << octets << " -> " << said;
    }
  }
}

TEST(SubmissionReader, SaysSoOfAnotherVersion) {
  EXPECT_NE(events("MAILCHUTE 2 SOMETHING ELSE\n", 100).find("restart mailchuted"), std::string::npos);
  Reader reader;
  std::string_view input = "MAILCHUTE 2 SOMETHING ELSE\n";
  EXPECT_EQ(reader.next(input).error().kind, Error::Kind::temporary);
}

TEST(SubmissionReader, BoundsTheEnvelope) {
  EXPECT_NE(events(format_submit(kId, kMaxEnvelope + 1), 100).find("too long"), std::string::npos);
  EXPECT_NE(events(format_submit(kId, 0), 100).find("empty"), std::string::npos);
  EXPECT_TRUE(events(format_submit(kId, kMaxEnvelope), 100).ends_with(", more"));
}

TEST(SubmissionReader, TakesNoEnvelopeButTheOneThatIsWrittenSo) {
  for (std::string text : {std::string("x"), kEnvelope + "\n", std::string("Mailchute-Time: 1\n"),
                           format_envelope(envelope_to({}))}) {
    Reader reader;
    const std::string octets = format_submit(kId, text.size()) + text;
    std::string_view input = octets;
    ASSERT_TRUE(reader.next(input));
    const auto event = reader.next(input);
    ASSERT_FALSE(event) << text;
    EXPECT_EQ(event.error().kind, Error::Kind::data);
  }
}

TEST(SubmissionReader, TheLengthOfTheMessageMustAgree) {
  const auto digest = digest_of(kEnvelope + "text");
  for (const unsigned length : {0u, 3u, 5u}) {
    const auto said = events(begun() + "DATA 4\ntext" + format_end(length, digest), 100);
    EXPECT_NE(said.find("error: the message has another length"), said.npos) << said;
  }
}

TEST(SubmissionReader, SaysNothingMoreAfterTheEnd) {
  Reader reader;
  const std::string octets = whole("text") + whole("text");
  std::string_view input = octets;
  while (!std::holds_alternative<Reader::End>(*reader.next(input))) {
  }
  EXPECT_TRUE(std::holds_alternative<Reader::More>(*reader.next(input)));
  EXPECT_EQ(input.size(), octets.size() / 2);
}

TEST(SubmissionAnswer, ComesBackAsItWasGiven) {
  using What = SubmissionAnswer::What;
  const auto heard = [](std::string line) {
    EXPECT_EQ(line.back(), '\n');
    line.pop_back();
    EXPECT_EQ(line.find('\n'), line.npos);
    EXPECT_LE(line.size(), kMaxAnswer);
    return parse_answer(line, kId);
  };
  EXPECT_EQ(heard(format_go(kId)).what, What::go);
  EXPECT_EQ(heard(format_ok(kId)).what, What::ok);
  for (const auto kind : {Error::Kind::data, Error::Kind::temporary, Error::Kind::rejected, Error::Kind::protocol}) {
    const auto answer = heard(format_error({kind, "a\nb \x01 \xff"}));
    EXPECT_EQ(answer.what, What::error);
    EXPECT_EQ(answer.error.kind, kind);
    EXPECT_EQ(answer.error.text, "a\nb \x01 \xff");
  }
  EXPECT_EQ(heard(format_error({Error::Kind::temporary, "full"}, true)).what, What::busy);
  EXPECT_EQ(heard(format_error({Error::Kind::permission, "work/x"})).error.kind, Error::Kind::temporary)
      << "the daemon's own trouble";
  EXPECT_EQ(heard(format_error({Error::Kind::data, std::string(10000, '\n')})).what, What::error);
}

TEST(SubmissionAnswer, AboutAnotherEntryIsNoAnswer) {
  for (const std::string& line : {format_ok("7" + std::string(25, 'Z')), std::string("OK"), std::string(""),
                                  std::string("ERROR"), std::string("ERROR what is this")}) {
    const auto answer = parse_answer(line, kId);
    EXPECT_EQ(answer.what, SubmissionAnswer::What::error);
    EXPECT_EQ(answer.error.kind, Error::Kind::protocol) << line;
  }
}

}  // namespace
}  // namespace mailchute::queue
