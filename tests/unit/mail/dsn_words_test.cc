// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/dsn_words.h"

#include <gtest/gtest.h>

namespace mailchute::mail {
namespace {

struct Case {
  StatusCode code;
  std::string_view why;
  std::string_view advice;  // how it begins
};

TEST(DsnWords, SayWhyAndWhatToDo) {
  for (const Case& c : {
           Case{{5, 1, 1}, "The mail server m says that there is no such mailbox.", "Check the"},
           Case{{5, 1, 2},
                "There is no mail system behind the part of the address after the \"@\".",
                "Check the"},
           Case{{5, 1, 0}, "The mail server m does not accept this address.", "Check the"},
           Case{{5, 1, 8},
                "The mail server m does not accept the address of the sender.",
                "Sending it again will not help."},
           Case{
               {5, 2, 2}, "The mailbox of the recipient is full.", "Send your message again later"},
           Case{
               {4, 2, 2}, "The mailbox of the recipient is full.", "Send your message again later"},
           Case{{5, 3, 4},
                "Your message is larger than the mail server m allows.",
                "Make it smaller"},
           Case{{4, 4, 1},
                "The mail server m could not be reached, or could not pass your message on.",
                "Send your message again later"},
           Case{{5, 4, 7},
                "Your message could not be delivered in the time that mail is given.",
                "Send your message again later"},
           Case{{5, 6, 1},
                "The mail server m cannot handle the kind of content that is in your message.",
                "Send it in another form"},
           Case{
               {5, 7, 1}, "The mail server m refuses your message because of its rules.", "If its"},
           Case{{5, 7, 23},
                "The mail server m says that this machine may not send for the sender's domain "
                "(SPF).",
                "Sending it again will not help."},
           Case{{5, 7, 999},
                "The mail server m refuses your message because of its rules.",
                "If its"},
           Case{{5, 0, 0},
                "The mail server m refuses to take your message for this address.",
                "If its"},
           Case{{4, 5, 3},
                "The mail server m could not take your message for this address at the time.",
                "Send your message again later"},
       }) {
    const PlainWords words = plain_words(c.code, "The mail server m");
    EXPECT_EQ(words.why, c.why);
    EXPECT_TRUE(words.advice.starts_with(c.advice)) << words.advice;
  }
}

// Every code has some words, and none has a gap in them.
TEST(DsnWords, AreWholeSentencesForEveryCode) {
  for (int subject = 0; subject < 10; ++subject) {
    for (int detail = 0; detail < 70; ++detail) {
      const PlainWords words = plain_words({5, subject, detail}, "The mail server");
      for (const std::string& text : {words.why, words.advice}) {
        EXPECT_TRUE(text.ends_with('.')) << text;
        EXPECT_EQ(text.find("{}"), std::string::npos);
      }
    }
  }
}

}  // namespace
}  // namespace mailchute::mail
