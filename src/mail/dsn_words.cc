// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/dsn_words.h"

namespace mailchute::mail {
namespace {

constexpr int kAny = -1;

struct Row {
  int subject, detail;
  std::string_view why;  // "{}" is the server
  std::string_view advice;
};

constexpr std::string_view kCheckAddress =
    "Check the address for typing errors, then send your message again.";
constexpr std::string_view kAskAdministrator =
    "Sending it again will not help. Show this message to the administrator of your mail system.";
constexpr std::string_view kTryLater =
    "Send your message again later, or reach the recipient in another way.";
constexpr std::string_view kAskRecipient = "Reach the recipient in another way.";
constexpr std::string_view kReadReply =
    "If its words do not tell you what to change, show this message to the administrator of your "
    "mail system.";

// The first row that fits. What no row says is better not guessed.
constexpr Row kRows[] = {
    {1, 1, "{} says that there is no such mailbox.", kCheckAddress},
    {1, 2, "There is no mail system behind the part of the address after the \"@\".",
     kCheckAddress},
    {1, 3, "{} says that this is not written the way an address is.", kCheckAddress},
    {1, 6, "The mailbox has moved, and its new address is not known.",
     "Ask the recipient for the new address."},
    {1, 7, "{} does not accept the address of the sender.", kAskAdministrator},
    {1, 8, "{} does not accept the address of the sender.", kAskAdministrator},
    {1, 10, "The part of the address after the \"@\" belongs to a system that takes no mail.",
     kCheckAddress},
    {1, kAny, "{} does not accept this address.", kCheckAddress},
    {2, 1, "The mailbox of the recipient is switched off.", kAskRecipient},
    {2, 2, "The mailbox of the recipient is full.", kTryLater},
    {2, 3, "Your message is larger than the recipient's mailbox allows.",
     "Make it smaller, or send it in several parts."},
    {2, kAny, "The mailbox of the recipient cannot take your message.", kAskRecipient},
    {3, 1, "The mail system of the recipient has no space left.", kTryLater},
    {3, 4, "Your message is larger than {} allows.",
     "Make it smaller, or send it in several parts."},
    {4, 6, "Your message goes round in a circle between mail servers.", kAskAdministrator},
    {4, 7, "Your message could not be delivered in the time that mail is given.", kTryLater},
    {4, kAny, "{} could not be reached, or could not pass your message on.", kTryLater},
    {6, 7, "{} cannot handle addresses with letters beyond plain English ones.",
     "Ask the recipient for an address in plain English letters."},
    {6, kAny, "{} cannot handle the kind of content that is in your message.",
     "Send it in another form, for example as plain text."},
    {7, 8, "{} did not accept the name and password with which this machine logs in.",
     kAskAdministrator},
    {7, 13, "The account of the recipient or of this machine is switched off.", kAskAdministrator},
    {7, 20, "{} could not verify that your message comes from where it says (DKIM).",
     kAskAdministrator},
    {7, 23, "{} says that this machine may not send for the sender's domain (SPF).",
     kAskAdministrator},
    {7, 25, "{} does not trust the network address of the sending machine.", kAskAdministrator},
    {7, 26, "{} could not verify that your message comes from where it says (SPF, DKIM).",
     kAskAdministrator},
    {7, 28, "{} has received too many messages in a short time.", kTryLater},
    {7, 60, "{} does not allow this machine to send with this sender address.", kAskAdministrator},
    {7, kAny, "{} refuses your message because of its rules.", kReadReply},
};

std::string filled_in(std::string_view text, std::string_view server) {
  const std::size_t place = text.find("{}");
  if (place == std::string_view::npos) return std::string(text);
  std::string out(text.substr(0, place));
  std::string name(server);
  if (place != 0 && name.starts_with("The ")) name[0] = 't';
  return out.append(name).append(text.substr(place + 2));
}

}  // namespace

PlainWords plain_words(const StatusCode& code, std::string_view server) {
  const bool transient = code.status_class == 4;
  for (const Row& row : kRows) {
    if (row.subject != code.subject || (row.detail != kAny && row.detail != code.detail)) continue;
    if (transient && row.advice == kReadReply) break;  // nothing to change, as with greylisting
    return {filled_in(row.why, server), std::string(row.advice)};
  }
  return {filled_in(transient ? "{} could not take your message for this address at the time."
                              : "{} refuses to take your message for this address.",
                    server),
          std::string(transient ? kTryLater : kReadReply)};
}

}  // namespace mailchute::mail
