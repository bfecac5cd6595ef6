// SPDX-License-Identifier: GPL-3.0-or-later
#include "smtp/sasl.h"

#include <gtest/gtest.h>

namespace mailchute::smtp {
namespace {

using Names = std::vector<std::string>;
using namespace std::string_literals;

const Credentials kMe{"me@here", "secret"};

std::string chosen(const Names& offered, const Names& allowed) {
  const auto mechanism = choose_mechanism(offered, allowed, kMe);
  return mechanism ? std::string(mechanism->name()) : "none";
}

TEST(Sasl, TakesTheFirstAllowedMechanismThatIsOffered) {
  EXPECT_EQ(chosen({"LOGIN", "PLAIN"}, {"PLAIN", "LOGIN"}), "PLAIN");
  EXPECT_EQ(chosen({"PLAIN", "LOGIN"}, {"LOGIN", "PLAIN"}), "LOGIN");
  EXPECT_EQ(chosen({"LOGIN"}, {"PLAIN", "LOGIN"}), "LOGIN");
  EXPECT_EQ(chosen({"GSSAPI", "CRAM-MD5"}, {"PLAIN", "LOGIN"}), "none");
  EXPECT_EQ(chosen({"GSSAPI", "PLAIN"}, {"GSSAPI", "PLAIN"}), "PLAIN");
  EXPECT_EQ(chosen({}, {"PLAIN"}), "none");
}

TEST(Sasl, PlainSaysEverythingAtOnce) {
  const auto plain = choose_mechanism({"PLAIN"}, {"PLAIN"}, kMe);
  EXPECT_EQ(plain->initial_response(), "\0me@here\0secret"s);
  EXPECT_EQ(plain->respond("").error().kind, Error::Kind::protocol);
}

TEST(Sasl, LoginAnswersTwoChallengesWhateverTheySay) {
  const auto login = choose_mechanism({"LOGIN"}, {"LOGIN"}, kMe);
  EXPECT_EQ(login->initial_response(), std::nullopt);
  EXPECT_EQ(login->respond("Who goes there?").value(), "me@here");
  EXPECT_EQ(login->respond("").value(), "secret");
  EXPECT_EQ(login->respond("Password:").error().kind, Error::Kind::protocol);
}

TEST(Base64, GoesThereAndBack) {
  const struct {
    std::string octets, text;
  } cases[] = {{"", ""},
               {"f", "Zg=="},
               {"fo", "Zm8="},
               {"foo", "Zm9v"},
               {"foob", "Zm9vYg=="},
               {"\0me\0secret"s, "AG1lAHNlY3JldA=="},
               {"\xff\xfe\xfd", "//79"}};
  for (const auto& c : cases) {
    EXPECT_EQ(base64_encode(c.octets), c.text);
    EXPECT_EQ(base64_decode(c.text), c.octets) << c.text;
  }
}

TEST(Base64, RefusesWhatItWouldNotWrite) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "Zg==Zg==", "Zh==", "Zm9v\n", " Zm9v", "Zm9-",
                           "Zm9_", "=", "====", "Zm\xc3\xa4v"})
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
}

TEST(Wipe, LeavesNothing) {
  std::string text = "a password that is longer than a short string";
  const char* octets = text.data();
  const std::size_t size = text.size();
  wipe(text);
  EXPECT_TRUE(text.empty());
  // clear() keeps the memory, so looking at what was there is allowed up to the capacity.
  text.resize(size);
  EXPECT_EQ(text.data(), octets);
  EXPECT_EQ(text, std::string(size, '\0'));
}

}  // namespace
}  // namespace mailchute::smtp
