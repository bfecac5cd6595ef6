// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever a smart host answers, however cut: no message follows a refused RSET or MAIL, one at most
// is unanswered, every transaction is reported once and as the replies in its own places say, no
// command has control characters, and the session ends with Close.
#include <map>
#include <string>

#include "fuzz/input.h"
#include "smtp/client_session.h"

using namespace mailchute;
using namespace mailchute::smtp;

namespace {

// Commands and replies by their order alone, without the session's own books.
struct Asked {
  std::string command;
  TransactionId id;
  int code = 0;
};

class Dialog {
 public:
  Dialog(unsigned bits, unsigned fate) : fate_(fate), session_(options(bits)) {
    if ((bits & 8) != 0) session_.on_tls((bits & 16) != 0);
  }

  void play(const std::vector<std::string_view>& pieces) {
    for (const auto piece : pieces) {
      session_.on_octets(piece);
      hear(piece);
      act();
    }
    (fate_ & 4) != 0 ? session_.on_timeout() : session_.on_closed("lost");
    act();
    fuzz::require(closed_ && unanswered_ == 0 && session_.over());
    for (const auto& [id, times] : reported_) fuzz::require(times == 1);
  }

 private:
  static ClientSession::Options options(unsigned bits) {
    ClientSession::Options options;
    options.hostname = "here";
    options.starttls = (bits & 1) != 0;
    if ((bits & 2) != 0) options.credentials = Credentials{"me", "secret"};
    options.send_password_unprotected = (bits & 4) != 0;
    options.tls_from_start = (bits & 8) != 0;
    return options;
  }

  // The replies that a session can have seen by now; those to come are its own affair.
  void hear(std::string_view piece) {
    parser_.feed(piece);
    for (auto reply = parser_.next(); reply && *reply; reply = parser_.next())
      codes_.push_back((*reply)->code);
  }

  int code_of(std::string_view command, TransactionId id) const {
    for (std::size_t i = 0; i < asked_.size() && i < codes_.size(); ++i)
      if (asked_[i].id == id && asked_[i].command.starts_with(command)) return codes_[i];
    return 0;
  }

  void act() {
    for (;;) {
      while (auto action = session_.next()) {
        fuzz::require(!closed_);
        std::visit([this](auto& what) { on(what); }, *action);
      }
      if (closed_) return;
      if (begun_ == 2 && (fate_ & 16) != 0) session_.quit();
      if (begun_ == 3 || !session_.wants_transaction()) return;
      reported_[++begun_] = 0;
      session_.begin(Transaction{begun_, "me@here", {{"a@x", "", {}}, {"b@x", "", {}}}, 100, true});
    }
  }

  void on(Send& send) {
    std::string_view octets = send.octets;
    fuzz::require(octets.ends_with("\r\n"));
    octets.remove_suffix(1);
    for (const auto line : split(octets, '\n')) {
      fuzz::require(line.ends_with('\r') && fuzz::printable(line.substr(0, line.size() - 1)));
      if (line.starts_with("RSET")) ++writing_;
      asked_.push_back({std::string(line), line.starts_with("QUIT") ? 0 : writing_});
    }
  }
  void on(SendMessage& message) {
    fuzz::require(++unanswered_ == 1);
    asked_.push_back({"message", message.id});
    fuzz::require(code_of("RSET", message.id) / 100 == 2 && code_of("MAIL", message.id) / 100 == 2);
    fuzz::require(code_of("DATA", message.id) / 100 == 3);
    messages_[message.id] = true;
    if ((fate_ & 3) == 1) return session_.on_message_lost(message.id, "lost");
    if ((fate_ & 3) != 2) session_.on_message_sent(message.id);
  }
  void on(TransactionReport& report) {
    fuzz::require(++reported_[report.id] == 1 && report.recipients.size() == 2);
    if (messages_[report.id]) --unanswered_;
    const bool taken = report.stage == Stage::message && report.reply && report.reply->completed();
    fuzz::require(!taken || (report.dot_sent && messages_[report.id]));
    fuzz::require(!taken || code_of("message", report.id) == report.reply->code);
    fuzz::require(!report.recipients[0] ||
                  code_of("RCPT TO:<a@x>", report.id) == report.recipients[0]->code);
    fuzz::require(!report.recipients[1] ||
                  code_of("RCPT TO:<b@x>", report.id) == report.recipients[1]->code);
  }
  void on(StartTls&) {
    asked_.clear();
    codes_.clear();
    parser_.clear();
    session_.on_tls((fate_ & 8) != 0);
  }
  void on(Ready&) {}
  void on(Close& close) {
    closed_ = true;
    fuzz::require(!close.trouble || !close.trouble->text.empty());
  }

  unsigned fate_;
  ClientSession session_;
  ReplyParser parser_;
  std::vector<Asked> asked_{{"greeting", 0}};
  std::vector<int> codes_;
  std::map<TransactionId, int> reported_;
  std::map<TransactionId, bool> messages_;
  TransactionId begun_ = 0;
  TransactionId writing_ = 0;
  int unanswered_ = 0;
  bool closed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned bits = input.octet();
  const unsigned fate = input.octet();
  const unsigned seed = input.octet();
  Dialog(bits, fate).play(fuzz::cut(input.rest(), seed));
  return 0;
}
