// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/refusal.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "base/text.h"

namespace mailchute::relay {
namespace {

using mail::StatusCode;
using smtp::Capability;
using smtp::Reply;
using smtp::Stage;

// Lower case. Replies with which nothing but the sender is meant, under codes and status codes that
// may mean anything.
constexpr std::string_view kSenderWords[] = {
    "sender address rejected",             // Postfix, Yandex: also at RCPT
    "sender verify failed",                // Exim, at RCPT
    "sendasdenied",                        // Exchange, after the message
    "send as this sender",                 // Exchange
    "address is not verified",             // Amazon SES, after the message
    "verified sender identity",            // SendGrid
    "authorized to send from",             // SendGrid
    "authorised to send from",             // Fastmail
    "from/sender name is not valid",       // Postal: 530, after the message
    "from must equal authorized user",     // NetEase
    "must be same as authorization user",  // Tencent
};

// It would be the sender's if only we had authenticated.
constexpr std::string_view kLoginWords[] = {"sender address rejected: not logged in"};  // Postfix

constexpr std::string_view kPlaceWords[] = {"synchroni", "pipelin"};

constexpr std::string_view kAccessWords[] = {
    "relay",                 // "relay access denied", "relaying denied", "relay not permitted"
    "client host rejected",  // Postfix
    "authentication required",
    "unauthenticated senders",  // SendGrid
};

// RFC 6647: each that comes back is taken; that another one meets it, too, says nothing of the
// smart host.
constexpr std::string_view kGreylistWords[] = {"greylist", "graylist"};

struct Parameter {
  std::string_view word;
  Capability capability;
};
constexpr Parameter kParameters[] = {
    {"size", Capability::size},  {"body", Capability::eight_bit_mime},
    {"ret", Capability::dsn},    {"8bitmime", Capability::eight_bit_mime},
    {"envid", Capability::dsn},  {"smtputf8", Capability::smtp_utf8},
    {"notify", Capability::dsn}, {"orcpt", Capability::dsn},
    {"dsn", Capability::dsn},
};

template <std::size_t n>
bool has_one_of(const std::string_view (&words)[n], std::string_view text) {
  return std::any_of(std::begin(words), std::end(words),
                     [text](std::string_view one) { return text.find(one) != text.npos; });
}

// "(#5.7.1)" at the end, as in qmail.
std::optional<StatusCode> status_in_brackets(std::string_view text) {
  const std::size_t start = text.rfind("(#");
  if (start == text.npos) return std::nullopt;
  text.remove_prefix(start + 2);
  text = text.substr(0, text.find(')'));
  return mail::take_status_code(text);
}

std::optional<StatusCode> status_of(const Reply& reply) {
  if (reply.lines.empty()) return std::nullopt;
  std::string_view first = reply.lines.front();
  if (const auto status = mail::take_status_code(first)) return status;
  return status_in_brackets(reply.lines.back());
}

bool is(const std::optional<StatusCode>& status, int subject, int detail) {
  return status && status->subject == subject && status->detail == detail;
}
bool is(const std::optional<StatusCode>& status, int subject) {
  return status && status->subject == subject;
}

bool about_size(Stage stage, const Reply& reply, const std::optional<StatusCode>& status) {
  // At RCPT 552 is said of a full mailbox, or of too many recipients.
  return (reply.code == 552 && stage != Stage::rcpt) || is(status, 3, 4) || is(status, 2, 3);
}

bool about_login(Stage stage, const Reply& reply, const std::optional<StatusCode>& status) {
  const int code = reply.code;
  if (code == 530 || code == 534 || code == 535 || code == 538 || is(status, 7, 8)) return true;
  // Content filters refuse messages with X.7.0.
  return is(status, 7, 0) && stage != Stage::message;
}

bool about_smart_host(const Reply& reply, const std::optional<StatusCode>& status) {
  switch (reply.code) {
    case 432:  // Exchange: too many connections
    case 454:  // Amazon SES: too fast, or too much for today
    case 500:
    case 502:
    case 503: return true;
    default:
      return is(status, 3, 1) || is(status, 3, 2) ||
             is(status, 4, 5);  // 5.4.5: Gmail's daily quota
  }
}

bool vague(const std::optional<StatusCode>& status) {
  return !status || (status->subject == 0 && status->detail == 0);
}

// An address, a mailbox, a system: its words may be part of a name.
bool names_something_else(const std::optional<StatusCode>& status) {
  return !vague(status) && !is(status, 7);
}

bool has_word(std::string_view text, std::string_view word) {
  const auto inside = [&](std::size_t at) {
    return at < text.size() && (is_alpha(text[at]) || is_digit(text[at]));
  };
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    if ((at == 0 || !inside(at - 1)) && !inside(at + word.size())) return true;
  }
  return false;
}

// Commands that came together were not taken one after the other.
bool lost_its_place(const Reply& reply, const std::string& words) {
  return reply.code == 503 || has_one_of(kPlaceWords, words);
}

// 455 and 555 say so (RFC 5321, 4.1.1.11), and so does X.5.4. The others are said of addresses,
// too.
bool about_parameters(const Reply& reply, const std::string& words) {
  const auto status = status_of(reply);
  if (has_one_of(kSenderWords, words)) return false;
  if (reply.code == 455 || reply.code == 555 || is(status, 5, 4)) return !reply.completed();
  const bool syntax = reply.code == 500 || reply.code == 501 || reply.code == 504;
  return syntax && (vague(status) || is(status, 5));
}

// As a rule a smart host that knows nothing against us refuses MAIL for the sender's sake.
bool sender_refused_at_mail(const Reply& reply, const std::optional<StatusCode>& status) {
  if (!reply.permanent()) return false;
  if (is(status, 7) || is(status, 1)) return true;
  return vague(status) &&
         (reply.code == 501 || reply.code == 550 || reply.code == 551 || reply.code == 553);
}

}  // namespace

About about(Stage stage, const Reply& reply) {
  const auto status = status_of(reply);
  const std::string words = to_lower(reply.text());
  if (has_one_of(kLoginWords, words)) return About::login;
  if (has_one_of(kSenderWords, words)) return About::sender;
  if (is(status, 1, 7) || is(status, 1, 8) || is(status, 7, 60)) return About::sender;
  if (about_size(stage, reply, status)) return About::size;
  if (about_login(stage, reply, status)) return About::login;
  if (about_smart_host(reply, status)) return About::smart_host;
  if (stage != Stage::mail && reply.transient() && has_one_of(kGreylistWords, words))
    return About::message;
  if (stage != Stage::message && !names_something_else(status) && has_one_of(kAccessWords, words))
    return About::access;
  if (stage == Stage::mail)
    return sender_refused_at_mail(reply, status) ? About::sender : About::smart_host;
  // After the message a policy that refuses for good is about its content, but for X.7.0, which
  // might be anything.
  const bool content = stage == Stage::message && reply.permanent() && !is(status, 7, 0);
  return is(status, 7) && !content ? About::access : About::message;
}

smtp::Capabilities suspects(const Reply& reply, const smtp::Capabilities& used, bool pipelined) {
  const std::string words = to_lower(reply.text());
  if (lost_its_place(reply, words))
    return pipelined ? smtp::Capabilities{Capability::pipelining} : smtp::Capabilities();
  if (!about_parameters(reply, words)) return {};
  smtp::Capabilities named;
  for (const auto& [word, capability] : kParameters)
    if (used.count(capability) != 0 && has_word(words, word)) named.insert(capability);
  if (!named.empty()) return named;
  smtp::Capabilities all = used;
  if (all.size() > 1) all.erase(Capability::smtp_utf8);
  return all;
}

bool asks_to_slow_down(const Reply& reply) {
  if (!reply.transient()) return false;
  const auto status = status_of(reply);
  return reply.code == 421 || reply.code == 432 || reply.code == 454 || is(status, 7) ||
         is(status, 3, 2) || is(status, 4, 5);
}

std::string refusal_name(const Reply& reply) {
  const auto status = status_of(reply);
  if (vague(status)) return std::to_string(reply.code);
  return "X." + std::to_string(status->subject) + "." + std::to_string(status->detail);
}

}  // namespace mailchute::relay
