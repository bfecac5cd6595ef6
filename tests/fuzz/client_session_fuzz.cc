// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever a smart host answers, however cut, and whatever happens meanwhile ("!s" and so on in the
// text): no message follows a refused RSET or MAIL, one at most is unanswered, every transaction is
// reported once and as the replies in its own places say, neither better nor worse; no command has
// control characters; nothing is sent in clear text that must not be; the session ends with Close.
#include <map>
#include <string>

#include "fuzz/input.h"
#include "smtp/client_session.h"

using namespace mailchute;
using namespace mailchute::smtp;

namespace {

// The first octet of an input.
enum Setting { starttls = 1, password = 2, unprotected = 4, tls_from_start = 8, unverified = 16 };
// The second. The message is sent at once unless it is lost at once or an event says when.
enum Fate { lost = 1, by_event = 2, silence = 4, verified = 8, leave = 16, begin_by_event = 32,
            one_by_one = 64, no_parameters = 128 };

constexpr TransactionId kTransactions = 4;

// Commands and replies by their order alone, without the session's own books.
struct Asked {
  std::string command;
  TransactionId id;
};

class Dialog {
 public:
  Dialog(unsigned settings, unsigned fate)
      : settings_(settings), fate_(fate), allowed_((fate & begin_by_event) != 0 ? 0 : kTransactions),
        session_(options(settings)) {
    if ((settings & tls_from_start) != 0) secured((settings & unverified) == 0);
  }

  void play(std::string_view text, unsigned seed) {
    act();
    while (!text.empty()) {
      const std::size_t event = std::min(text.find('!'), text.size());
      for (const auto piece : fuzz::cut(text.substr(0, event), seed)) hear(piece);
      text.remove_prefix(event);
      if (text.size() > 1) happen(text[1]);
      text.remove_prefix(std::min<std::size_t>(text.size(), 2));
    }
    happen((fate_ & silence) != 0 ? 't' : 'c');
    fuzz::require(closed_ && unanswered_ == 0 && session_.over() && !session_.in_flight());
    for (const auto& [id, times] : reported_) fuzz::require(times == 1);
  }

 private:
  static ClientSession::Options options(unsigned settings) {
    ClientSession::Options options;
    options.hostname = "here";
    options.starttls = (settings & starttls) != 0;
    if ((settings & password) != 0) options.credentials = Credentials{"me", "secret"};
    options.send_password_unprotected = (settings & unprotected) != 0;
    options.tls_from_start = (settings & tls_from_start) != 0;
    return options;
  }

  void happen(char event) {
    switch (event) {
      case 's': message_leaves(); break;
      case 'l': session_.on_message_lost(unsent_, "lost"); break;
      case 't': session_.on_timeout(); break;
      case 'c': session_.on_closed("closed"); break;
      case 'q': session_.quit(); break;
      case 'w': session_.withdraw_rider(); break;
      case 'b': allowed_ = std::min(allowed_ + 1, kTransactions); break;
      default: return;
    }
    act();
  }

  void message_leaves() {
    if (unsent_ == 0 || reported_[unsent_] != 0 || session_.over()) return;
    session_.on_message_sent(unsent_);
    sent_[std::exchange(unsent_, 0)] = true;
  }

  void hear(std::string_view piece) {
    session_.on_octets(piece);
    parser_.feed(piece);
    for (auto reply = parser_.next(); reply && *reply; reply = parser_.next())
      codes_.push_back((*reply)->code);
    act();
    fuzz::require(closed_ || session_.replies() - forgotten_ == codes_.size());
  }

  // How many replies the session has taken note of since the handshake.
  std::size_t heard() const {
    return std::min<std::size_t>(codes_.size(), session_.replies() - forgotten_);
  }
  // Of the reply in the place of that command; zero where the session has not come so far.
  int code_of(std::string_view command, TransactionId id) const {
    for (std::size_t i = 0; i < asked_.size() && i < heard(); ++i)
      if (asked_[i].id == id && asked_[i].command.starts_with(command)) return codes_[i];
    return 0;
  }

  Transaction transaction(TransactionId id) const {
    Transaction it = written(id);
    if ((fate_ & one_by_one) != 0) it.without.insert(Capability::pipelining);
    if ((fate_ & no_parameters) != 0)
      it.without.insert({Capability::size, Capability::eight_bit_mime, Capability::smtp_utf8,
                         Capability::dsn});
    return it;
  }
  static Transaction written(TransactionId id) {
    switch (id) {
      case 2: return {id, "", {{"a@x", "", {}}}, 100, true};
      case 4: {
        Transaction other{id, "me@here", {{"a@x", "rfc822;a", {}}, {"b@x", "", {}}}, 100, false};
        other.recipients[0].notify.success = other.recipients[0].notify.delay = true;
        other.smtp_utf8 = true;
        other.ret = mail::Return::headers;
        other.envelope_id = "id";
        return other;
      }
      case 3: return {id, "me@here", {{"a@x", "", {}}, {"b@x", "", {}}}, 2000, false};
      default: return {id, "me@here", {{"a@x", "", {}}, {"b@x", "", {}}}, 100, true};
    }
  }

  void act() {
    for (;;) {
      while (auto action = session_.next()) {
        fuzz::require(!closed_);
        std::visit([this](auto& what) { on(what); }, *action);
      }
      if (closed_) return;
      if (begun_ == 2 && (fate_ & leave) != 0) session_.quit();
      if (begun_ == allowed_ || !session_.wants_transaction()) return;
      fuzz::require(begun_ - ended_ < 2);
      reported_[++begun_] = 0;
      session_.begin(transaction(begun_));
    }
  }

  void on(Send& send) {
    std::string_view octets = send.octets;
    fuzz::require(octets.ends_with("\r\n"));
    octets.remove_suffix(1);
    // Commands are not part of a message, nor do they come before DATA is answered.
    fuzz::require(unsent_ == 0);
    const bool together = session_.extensions().pipelining && (fate_ & one_by_one) == 0;
    const bool group = together && asked_.back().command != "DATA\r";
    fuzz::require(group || asked_.size() <= heard());
    for (const auto line : split(octets, '\n')) {
      fuzz::require(line.ends_with('\r') && fuzz::printable(line.substr(0, line.size() - 1)));
      check_secrecy(line, send.sensitive);
      if (line.starts_with("RSET")) writing_ = begun_;
      asked_.push_back({std::string(line), line.starts_with("QUIT") ? 0 : writing_});
    }
  }
  void check_secrecy(std::string_view line, bool sensitive) const {
    if (shows_password(line))
      fuzz::require(sensitive && (verified_ || (settings_ & unprotected) != 0));
    const std::string_view verb = line.substr(0, 4);
    if ((settings_ & starttls) != 0 && !secure_)
      fuzz::require(verb == "EHLO" || verb == "HELO" || verb == "STAR" || verb == "QUIT");
  }
  static bool shows_password(std::string_view text) {
    for (const std::string_view form : {"secret", "c2VjcmV0", "AG1lAHNlY3JldA"})
      if (text.find(form) != text.npos) return true;
    return false;
  }

  void on(SendMessage& message) {
    fuzz::require(++unanswered_ == 1 && unsent_ == 0);
    asked_.push_back({"message", message.id});
    fuzz::require(code_of("RSET", message.id) / 100 == 2 && code_of("MAIL", message.id) / 100 == 2);
    fuzz::require(code_of("DATA", message.id) / 100 == 3);
    handed_out_[message.id] = true;
    unsent_ = message.id;
    if ((fate_ & lost) != 0) return session_.on_message_lost(message.id, "lost");
    if ((fate_ & by_event) == 0) message_leaves();
  }

  void on(TransactionReport& report) {
    const TransactionId id = report.id;
    fuzz::require(++reported_[id] == 1);
    ++ended_;
    if (handed_out_[id]) --unanswered_;
    fuzz::require(report.dot_sent == sent_[id]);
    const bool taken = report.stage == Stage::message && report.reply && report.reply->completed();
    const int last = code_of("message", id);
    fuzz::require(taken == (sent_[id] && last / 100 == 2));
    fuzz::require(report.stage != Stage::message || !report.reply || !report.reply->intermediate());
    if (report.reply && !report.local)
      fuzz::require(report.reply->code == code_of(command_of(report.stage), id));
    check_recipients(report);
    check_parameters(report);
  }
  // Whose reply may stand in a report.
  static std::string_view command_of(Stage stage) {
    switch (stage) {
      case Stage::mail: return "MAIL";
      case Stage::data: return "DATA";
      case Stage::message: return "message";
      default: return "none";
    }
  }
  void check_recipients(const TransactionReport& report) const {
    const auto recipients = transaction(report.id).recipients;
    fuzz::require(report.recipients.size() == recipients.size());
    const bool known = code_of("MAIL", report.id) / 100 == 2;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
      const int code = code_of("RCPT TO:<" + recipients[i].address + ">", report.id);
      const auto& reply = report.recipients[i];
      fuzz::require((reply ? reply->code : 0) == (known ? code : 0));
    }
  }

  // What a report says of its commands; empty where there was none.
  std::string asked(std::string_view command, TransactionId id) const {
    for (const Asked& one : asked_)
      if (one.id == id && one.command.starts_with(command)) return one.command;
    return {};
  }
  void check_parameters(const TransactionReport& report) const {
    const Transaction it = transaction(report.id);
    const std::string mail = asked("MAIL", report.id);
    const auto has = [&](const char* text) { return mail.find(text) != mail.npos; };
    for (const Capability left : it.without) fuzz::require(report.at_mail.count(left) == 0);
    if (mail.empty()) return;
    const auto came = [&](Capability what) { return report.at_mail.count(what) != 0; };
    fuzz::require(came(Capability::size) == has(" SIZE="));
    fuzz::require(came(Capability::eight_bit_mime) == has(" BODY=8BITMIME"));
    fuzz::require(came(Capability::smtp_utf8) == has(" SMTPUTF8"));
    fuzz::require(came(Capability::dsn) == (has(" RET=") || has(" ENVID=")));
    for (std::size_t i = 0; i < it.recipients.size(); ++i) {
      const auto rcpt = asked("RCPT TO:<" + it.recipients[i].address + ">", report.id);
      const bool wishes = rcpt.find(" NOTIFY=") != rcpt.npos || rcpt.find(" ORCPT=") != rcpt.npos;
      fuzz::require(rcpt.empty() || report.wishes.at(i) == wishes);
    }
  }

  void on(StartTls&) {
    asked_.clear();
    codes_.clear();
    parser_.clear();
    forgotten_ = session_.replies();
    secured((fate_ & verified) != 0);
  }
  void secured(bool verified) {
    secure_ = true;
    verified_ = verified;
    session_.on_tls(verified);
  }
  void on(Ready&) {}
  void on(Close& close) {
    closed_ = true;
    if (!close.trouble) return;
    const std::string& text = close.trouble->text;
    fuzz::require(!text.empty());
    fuzz::require(close.trouble->stage != Stage::auth || !shows_password(text));
  }

  unsigned settings_;
  unsigned fate_;
  TransactionId allowed_;
  ClientSession session_;
  bool secure_ = false;
  bool verified_ = false;
  ReplyParser parser_;
  std::vector<Asked> asked_{{"greeting", 0}};
  std::vector<int> codes_;
  std::uint64_t forgotten_ = 0;  // replies before the handshake
  std::map<TransactionId, int> reported_;
  std::map<TransactionId, bool> handed_out_;
  std::map<TransactionId, bool> sent_;
  TransactionId begun_ = 0;
  TransactionId ended_ = 0;
  TransactionId writing_ = 0;
  TransactionId unsent_ = 0;  // handed out, and its end not sent
  int unanswered_ = 0;
  bool closed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned settings = input.octet();
  const unsigned fate = input.octet();
  const unsigned seed = input.octet();
  Dialog(settings, fate).play(input.rest(), seed);
  return 0;
}
