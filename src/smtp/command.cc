// SPDX-License-Identifier: GPL-3.0-or-later
#include "smtp/command.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "base/utf8.h"
#include "mail/xtext.h"
#include "smtp/path.h"

namespace mailchute::smtp {
namespace {

struct Word {
  std::string_view name;
  Verb verb;
};
constexpr std::array<Word, 19> kVerbs{{
    {"HELO", Verb::helo},
    {"EHLO", Verb::ehlo},
    {"MAIL", Verb::mail},
    {"RCPT", Verb::rcpt},
    {"DATA", Verb::data},
    {"BDAT", Verb::bdat},
    {"RSET", Verb::rset},
    {"NOOP", Verb::noop},
    {"VRFY", Verb::vrfy},
    {"EXPN", Verb::expn},
    {"HELP", Verb::help},
    {"ETRN", Verb::etrn},
    {"QUIT", Verb::quit},
    {"STARTTLS", Verb::starttls},
    {"AUTH", Verb::auth},
    {"SEND", Verb::not_implemented},
    {"SOML", Verb::not_implemented},
    {"SAML", Verb::not_implemented},
    {"TURN", Verb::not_implemented},
}};

tl::unexpected<Reply> refuse(int code, std::string text) {
  return tl::unexpected<Reply>(Reply{code, {std::move(text)}});
}

// A reply line has 512 octets (RFC 5321, 4.5.3.1.5).
std::string shown(std::string_view text) { return escaped(text.substr(0, 100)); }

tl::unexpected<Reply> malformed(std::string_view what) {
  return refuse(501, "5.5.4 Malformed parameter: " + shown(what));
}

std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const auto word = text.substr(0, end);
  text = trim(text.substr(end));
  return word;
}

struct Parameter {
  std::string_view text;  // all of it, for replies
  std::string_view keyword;
  std::optional<std::string_view> value;
  bool is(std::string_view name) const { return equal_ignoring_case(keyword, name); }
  bool says(std::string_view expected) const {
    return value && equal_ignoring_case(*value, expected);
  }
};

// esmtp-keyword ["=" esmtp-value] (RFC 5321, 4.1.2)
std::optional<Parameter> parse_parameter(std::string_view text) {
  Parameter parameter{text, text, std::nullopt};
  if (const auto equals = text.find('='); equals != std::string_view::npos) {
    parameter.keyword = text.substr(0, equals);
    parameter.value = text.substr(equals + 1);
    if (parameter.value->empty() || std::ranges::any_of(*parameter.value, is_control))
      return std::nullopt;
  }
  const auto belongs = [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; };
  if (parameter.keyword.empty() || parameter.keyword.front() == '-' ||
      !std::ranges::all_of(parameter.keyword, belongs))
    return std::nullopt;
  return parameter;
}

// addr-type ";" xtext (RFC 3461, 4.2); with the type "utf-8" also as it is (RFC 6533, 3), from
// which the form that any server takes is made.
std::optional<std::string> parse_original_path(std::string_view text, bool smtp_utf8) {
  const auto semicolon = text.find(';');
  if (semicolon == 0 || semicolon == std::string_view::npos) return std::nullopt;
  const auto type = text.substr(0, semicolon);
  std::string address(text.substr(semicolon + 1));
  const auto belongs = [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; };
  if (address.empty() || !std::ranges::all_of(type, belongs)) return std::nullopt;
  const bool utf8 = smtp_utf8 && equal_ignoring_case(type, "utf-8") && is_utf8(address);
  if (utf8 && !mail::is_xtext(address)) address = mail::to_utf8_xtext(address);
  if (!mail::is_xtext(address) || type.size() + 1 + address.size() > mail::kMaxOriginal)
    return std::nullopt;
  return std::string(type).append(";").append(address);
}

std::optional<mail::Notify> parse_notify(std::string_view value) {
  mail::Notify notify;
  if (equal_ignoring_case(value, "NEVER")) {
    notify.never = true;
    return notify;
  }
  for (const auto word : split(value, ',')) {
    if (equal_ignoring_case(word, "SUCCESS")) notify.success = true;
    else if (equal_ignoring_case(word, "FAILURE")) notify.failure = true;
    else if (equal_ignoring_case(word, "DELAY")) notify.delay = true;
    else return std::nullopt;
  }
  return notify;
}

enum class Verdict { taken, malformed, unknown };

Verdict take_if(bool fine) { return fine ? Verdict::taken : Verdict::malformed; }

Verdict take_body(MailCommand& mail, const Parameter& parameter, const Extensions& offered) {
  if (parameter.says("7BIT")) mail.envelope.body = mail::BodyType::seven_bit;
  else if (parameter.says("8BITMIME")) mail.envelope.body = mail::BodyType::eight_bit_mime;
  else if (offered.binary_mime && parameter.says("BINARYMIME"))
    mail.envelope.body = mail::BodyType::binary_mime;
  else return Verdict::malformed;
  return Verdict::taken;
}

Verdict take_ret(MailCommand& mail, const Parameter& parameter) {
  if (parameter.says("FULL")) mail.envelope.ret = mail::Return::full;
  else if (parameter.says("HDRS")) mail.envelope.ret = mail::Return::headers;
  else return Verdict::malformed;
  return Verdict::taken;
}

Verdict take_mail_parameter(MailCommand& mail, const Parameter& parameter,
                            const Extensions& offered) {
  const auto value = parameter.value.value_or("");
  if (offered.size && parameter.is("SIZE")) {
    const auto size = parse_number(value);
    mail.size = size.value_or(0);
    return take_if(size.has_value());
  }
  if (offered.eight_bit_mime && parameter.is("BODY")) return take_body(mail, parameter, offered);
  if (offered.dsn && parameter.is("RET")) return take_ret(mail, parameter);
  if (offered.dsn && parameter.is("ENVID")) {
    mail.envelope.envelope_id = value;
    return take_if(mail::is_envelope_id(value));
  }
  if (offered.smtp_utf8 && parameter.is("SMTPUTF8")) {
    mail.smtp_utf8 = true;
    return take_if(!parameter.value);
  }
  // RFC 4954, 5: whose mail it was elsewhere is of no use here.
  if (!offered.auth.empty() && parameter.is("AUTH"))
    return take_if(value == "<>" || (!value.empty() && mail::is_xtext(value)));
  return Verdict::unknown;
}

Verdict take_rcpt_parameter(mail::Recipient& recipient, const Parameter& parameter,
                            const Extensions& offered, bool smtp_utf8) {
  const auto value = parameter.value.value_or("");
  if (offered.dsn && parameter.is("NOTIFY")) {
    const auto notify = parse_notify(value);
    recipient.notify = notify.value_or(mail::Notify{});
    return take_if(notify.has_value());
  }
  if (offered.dsn && parameter.is("ORCPT")) {
    const auto original = parse_original_path(value, smtp_utf8);
    recipient.original = original.value_or("");
    return take_if(original.has_value());
  }
  return Verdict::unknown;
}

// Each parameter once (RFC 5321, 4.1.1.11), in any order.
template <class Take>
std::optional<Reply> take_parameters(std::string_view text, Take take) {
  std::set<std::string> seen;
  while (!(text = trim(text)).empty()) {
    const auto word = take_word(text);
    const auto parameter = parse_parameter(word);
    if (!parameter || !seen.insert(to_lower(parameter->keyword)).second)
      return malformed(word).value();
    switch (take(*parameter)) {
      case Verdict::taken: break;
      case Verdict::malformed: return malformed(word).value();
      case Verdict::unknown: return Reply{555, {"5.5.4 Parameter not offered: " + shown(word)}};
    }
  }
  return std::nullopt;
}

// "FROM:" or "TO:", then the path. Blanks around it are common.
std::optional<Path> take_argument_path(std::string_view& argument, std::string_view keyword) {
  if (!starts_with_ignoring_case(argument, keyword)) return std::nullopt;
  argument = trim(argument.substr(keyword.size()));
  return take_path(argument);
}

}  // namespace

Command parse_command(std::string_view line) {
  line = trim(line);
  const auto word = take_word(line);
  for (const auto& [name, verb] : kVerbs)
    if (equal_ignoring_case(word, name)) return {verb, line};
  return {Verb::unknown, line};
}

std::string_view Command::name() const {
  for (const auto& [name, known] : kVerbs)
    if (known == verb) return name;
  return {};
}

Parsed<MailCommand> parse_mail(std::string_view argument, const Extensions& offered) {
  auto path = take_argument_path(argument, "FROM:");
  if (!path) return refuse(501, "5.1.7 Syntax: MAIL FROM:<address>");
  MailCommand mail;
  mail.envelope.reverse_path = std::move(path->mailbox);
  auto refusal = take_parameters(argument, [&](const Parameter& parameter) {
    return take_mail_parameter(mail, parameter, offered);
  });
  if (refusal) return tl::unexpected<Reply>(std::move(*refusal));
  // RFC 6531, 3.7.4
  if (!path->ascii && !mail.smtp_utf8) return refuse(553, "5.6.7 The address needs SMTPUTF8");
  return mail;
}

Parsed<mail::Recipient> parse_rcpt(std::string_view argument, const Extensions& offered,
                                   bool smtp_utf8) {
  auto path = take_argument_path(argument, "TO:");
  if (!path || path->mailbox.empty()) return refuse(501, "5.1.3 Syntax: RCPT TO:<address>");
  mail::Recipient recipient;
  recipient.address = std::move(path->mailbox);
  auto refusal = take_parameters(argument, [&](const Parameter& parameter) {
    return take_rcpt_parameter(recipient, parameter, offered, smtp_utf8);
  });
  if (refusal) return tl::unexpected<Reply>(std::move(*refusal));
  if (!path->ascii && !smtp_utf8) return refuse(553, "5.6.7 The address needs SMTPUTF8");
  return recipient;
}

std::optional<BdatCommand> parse_bdat(std::string_view argument) {
  const auto size = parse_number(take_word(argument));
  const bool last = equal_ignoring_case(argument, "LAST");
  if (!size || (!argument.empty() && !last)) return std::nullopt;
  return BdatCommand{*size, last};
}

}  // namespace mailchute::smtp
