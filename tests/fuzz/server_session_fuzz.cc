// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever a client sends: replies are whole lines, a message is begun, ended or given up in that
// order with an envelope that can be queued, nothing follows the end of the session, and the dialog
// is the same however it was cut. A client that keeps to the rules gets any text through as it is,
// and nothing of that is taken for a command, nor of any octets in which no line is a lone dot.
// Without a line that is a lone dot, ended as the session's lines are, no message ends but by BDAT.
#include "fuzz/input.h"
#include "queue/format.h"
#include "smtp/message_encoder.h"
#include "smtp/server_session.h"

using namespace mailchute;
using Session = smtp::ServerSession;

namespace {

smtp::ServerOptions options(unsigned bits, bool consult) {
  smtp::ServerOptions options;
  options.hostname = "mx";
  auto& offered = options.offered;
  offered.pipelining = offered.eight_bit_mime = offered.smtp_utf8 = offered.size = true;
  offered.starttls = (bits & 1) != 0;
  offered.enhanced_status_codes = offered.dsn = (bits & 2) == 0;
  offered.chunking = (bits & 4) == 0;
  if ((bits & 8) != 0) offered.auth = {"PLAIN", "LOGIN"};
  options.auth_without_tls = (bits & 1) == 0;
  options.auth_required = (bits & 16) != 0;
  if ((bits & 32) != 0) options.lf_allowed = true;
  options.greeting_required = (bits & 4) == 0;
  if (consult)
    options.consulted = {"CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "BDAT", "ETRN", "MESSAGE"};
  if ((bits & 64) == 0) return options;
  offered.size_limit = 20;
  options.max_line = 40;
  options.max_recipients = 2;
  options.max_errors = 3;
  options.max_commands = 12;
  return options;
}

class Dialog {
 public:
  Dialog(unsigned bits, unsigned answers) : session_(options(bits, (answers & 128) != 0)), answers_(answers) {}

  std::string play(const std::vector<std::string_view>& pieces) {
    hear();
    for (const auto piece : pieces) {
      session_.on_octets(piece);
      hear();
    }
    if ((answers_ & 1) != 0) session_.on_shutdown();
    hear();
    session_.on_timeout();
    hear();
    fuzz::require(closed_ && !begun_ && !session_.waiting());
    return std::move(said_);
  }
  const std::vector<std::string>& messages() const { return messages_; }
  const std::vector<std::string>& replies() const { return replies_; }

 private:
  void hear() {
    while (auto action = session_.next()) {
      fuzz::require(!closed_);
      std::visit([this](auto& what) { on(what); }, *action);
    }
  }
  bool answer() { return (answers_++ & 1) == 0; }

  void on(Session::Send& send) {
    fuzz::require(send.octets.ends_with("\r\n"));
    for (const auto line : split(std::string_view(send.octets).substr(0, send.octets.size() - 1), '\n')) {
      replies_.emplace_back(line);
      fuzz::require(line.ends_with('\r') && line.size() >= 4 && parse_number(line.substr(0, 3)) &&
                    fuzz::printable(line.substr(0, line.size() - 1)));
    }
    said_ += send.octets;
  }
  void on(Session::StartTls&) {
    fuzz::require(session_.waiting() && !begun_);
    said_ += "<tls>";
    session_.on_tls();
  }
  void on(Session::CheckPassword& check) {
    fuzz::require(session_.waiting() && !begun_);
    said_ += "<" + check.user + "/" + check.password + ">";
    session_.on_auth(answer());
  }
  void on(Session::Consult& consult) {
    fuzz::require(session_.waiting() && fuzz::printable(consult.step + consult.argument));
    said_ += "<" + consult.step + ">";
    if (answer()) return session_.on_verdict(std::nullopt);
    session_.on_verdict(smtp::Reply{answer() ? 421 : 451, {"4.3.0 not", "4.3.0 now"}});
  }
  void on(Session::BeginMessage& begin) {
    fuzz::require(!begun_ && queue::check_envelope(begin.envelope));
    fuzz::require(fuzz::printable(begin.helo + begin.protocol));
    begun_ = true;
    message_.clear();
  }
  void on(Session::MessageOctets& octets) {
    fuzz::require(begun_ && !octets.text.empty());
    message_ += octets.text;
  }
  void on(Session::EndMessage&) {
    fuzz::require(begun_ && session_.waiting());
    begun_ = false;
    said_ += "<" + message_ + ">";
    messages_.push_back(message_);
    if (answer()) return session_.on_message_stored(std::string("id"));
    session_.on_message_stored(failure(Error::Kind::data, "bad\r\nluck"));
  }
  void on(Session::AbandonMessage&) {
    fuzz::require(begun_);
    begun_ = false;
  }
  void on(Session::Close&) { closed_ = true; }

  Session session_;
  unsigned answers_;
  std::string said_;
  std::string message_;
  std::vector<std::string> messages_;
  std::vector<std::string> replies_;
  bool begun_ = false;
  bool closed_ = false;
};

constexpr char kEnvelope[] = "EHLO me\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\n";

std::string by_data(std::string_view text) {
  smtp::MessageEncoder encoder;
  std::string wire = "DATA\r\n";
  encoder.encode(text, wire);
  encoder.finish(wire);
  return wire;
}

std::string by_chunks(std::string_view text, unsigned seed) {
  std::string octets;
  for (const char c : text) octets += c == '\n' ? "\r\n" : std::string(1, c);
  std::string wire;
  for (const auto chunk : fuzz::cut(octets, seed))
    wire.append("BDAT " + std::to_string(chunk.size()) + "\r\n").append(chunk);
  return wire + "BDAT 0 LAST\r\n";
}

void send_message(std::string text, bool chunks, unsigned seed) {
  for (const char never_sent : {'\r', '\0'}) std::replace(text.begin(), text.end(), never_sent, ' ');
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  const std::string wire = chunks ? by_chunks(text, seed / 16) : by_data(text);
  Dialog dialog(0, 0);
  dialog.play(fuzz::cut(kEnvelope + wire + "QUIT\r\n", seed));
  fuzz::require(dialog.messages() == std::vector<std::string>{text});
  fuzz::require(dialog.replies().back().starts_with("221 "));
  for (const auto& reply : dialog.replies()) fuzz::require(reply < "4");
}

// Octets as they are between DATA and the dot.
void send_octets(std::string_view octets, unsigned seed) {
  const std::string wire = "\r\n" + std::string(octets) + "\r\n.\r\n";
  if (wire.find("\r\n.\r\n") != wire.size() - 5) return;
  Dialog dialog(32, 0);
  dialog.play(fuzz::cut(kEnvelope + ("DATA" + wire) + "QUIT\r\n", seed));
  fuzz::require(dialog.messages().size() == 1 && dialog.replies().back().starts_with("221 "));
  for (const auto& reply : dialog.replies()) fuzz::require(reply < "4");
}

void require_an_end(std::string_view said, bool lf_allowed, const Dialog& dialog) {
  if (to_lower(said).find("bdat") != std::string::npos) return;
  const auto line_end = said.find('\n');
  const bool lf = lf_allowed && line_end != said.npos && (line_end == 0 || said[line_end - 1] != '\r');
  const bool has_end = said.find(lf ? "\n.\n" : "\r\n.\r\n") != said.npos;
  fuzz::require(has_end || dialog.messages().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned bits = input.octet();
  const unsigned answers = input.octet();
  const unsigned seed = input.octet();
  if ((bits & 128) != 0 && (bits & 2) != 0) {
    send_octets(input.rest(), seed);
    return 0;
  }
  if ((bits & 128) != 0) {
    send_message(std::string(input.rest()), (bits & 1) != 0, seed);
    return 0;
  }
  Dialog dialog(bits, answers);
  const std::string whole = dialog.play(fuzz::cut(input.rest(), 0));
  require_an_end(input.rest(), (bits & 32) != 0, dialog);
  const std::string parts = Dialog(bits, answers).play(fuzz::cut(input.rest(), seed));
  // What rides behind STARTTLS is thrown away, and that depends on when it comes.
  fuzz::require((bits & 1) != 0 || whole == parts);
  return 0;
}
