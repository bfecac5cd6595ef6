// SPDX-License-Identifier: GPL-3.0-or-later
// A server session to talk to: what it sends comes back as text, with the other actions in between
// as <begin>, <end>, <abandon>, <tls>, <close>. Passwords and messages are answered for at once.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "smtp/server_session.h"

namespace mailchute::smtp {

inline ServerOptions everything() {
  ServerOptions options;
  options.hostname = "mx";
  Extensions& offered = options.offered;
  offered.pipelining = offered.eight_bit_mime = offered.enhanced_status_codes = true;
  offered.chunking = offered.smtp_utf8 = offered.dsn = offered.size = offered.starttls = true;
  offered.auth = {"PLAIN", "LOGIN"};
  return options;
}

class ServerDialog {
 public:
  explicit ServerDialog(ServerOptions options = everything(), bool secure = false)
      : session(std::move(options), secure) {}

  std::string say(std::string_view octets) {
    session.on_octets(octets);
    return hear();
  }

  // The verdict on what is asked then.
  std::string say_to(std::optional<Reply> verdict, std::string_view octets) {
    verdicts.push_back(std::move(verdict));
    return say(octets);
  }

  std::string hear() {
    heard_.clear();
    while (auto action = session.next()) std::visit([this](auto& what) { take(what); }, *action);
    return heard_;
  }

  // Past greeting, EHLO, and MAIL and RCPT, unless it goes wrong.
  ServerDialog& greeted() {
    say("EHLO me\r\n");
    return *this;
  }
  ServerDialog& addressed() {
    greeted().say("MAIL FROM:<me@here>\r\nRCPT TO:<you@there>\r\n");
    return *this;
  }

  ServerSession session;
  std::deque<Result<std::string>> stored;  // answers to come; "id" when there is none
  std::deque<std::optional<Reply>> verdicts;  // to come; go on when there is none
  std::vector<std::string> messages;       // whole ones
  ServerSession::BeginMessage begun;       // the last one
  std::string password;                    // that was asked for, "user/password"
  std::size_t sends = 0;

 private:
  void take(ServerSession::Send& send) {
    heard_ += send.octets;
    ++sends;
  }
  void take(ServerSession::StartTls&) { heard_ += "<tls>"; }
  void take(ServerSession::Consult& consult) {
    heard_ += "<" + consult.step + (consult.argument.empty() ? "" : " " + consult.argument) + "?>";
    std::optional<Reply> verdict;
    if (!verdicts.empty()) verdict = std::move(verdicts.front());
    if (!verdicts.empty()) verdicts.pop_front();
    session.on_verdict(verdict);
  }
  void take(ServerSession::Close&) { heard_ += "<close>"; }
  void take(ServerSession::CheckPassword& check) {
    password = check.user + "/" + check.password;
    session.on_auth(password == "me/secret");
  }
  void take(ServerSession::BeginMessage& begin) {
    heard_ += "<begin>";
    begun = std::move(begin);
    text_.clear();
  }
  void take(ServerSession::MessageOctets& octets) { text_ += octets.text; }
  void take(ServerSession::AbandonMessage&) { heard_ += "<abandon>"; }
  void take(ServerSession::EndMessage&) {
    heard_ += "<end>";
    messages.push_back(text_);
    Result<std::string> answer = std::string("id");
    if (!stored.empty()) answer = std::move(stored.front());
    if (!stored.empty()) stored.pop_front();
    session.on_message_stored(answer);
  }

  std::string heard_;
  std::string text_;
};

}  // namespace mailchute::smtp
