// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/control_client.h"

#include <algorithm>

#include "base/text.h"

namespace mailchute::sendmail {
namespace {

constexpr Milliseconds kPatience{10000};
// An entry with the most recipients there can be, and their replies.
constexpr std::size_t kMaxLine = 64 << 20;

Error no_answer(std::string_view reason) {
  return {Error::Kind::temporary,
          "mailchuted gave no answer: " + std::string(reason) + "; is it running?"};
}

// What follows the word at the front of the last line.
std::string_view after_word(std::string_view line) {
  return trim(line.substr(std::min(line.find(' '), line.size())));
}

}  // namespace

Result<sys::UnixClient> connect_to_daemon(const std::string& socket) {
  auto client = sys::UnixClient::connect(socket, kPatience);
  if (!client) return failure(no_answer(client.error().text));
  return client;
}

Result<Answer> ask(sys::UnixClient& daemon, const std::string& request) {
  if (auto sent = daemon.send(request + "\n"); !sent) {
    return failure(no_answer(sent.error().text));
  }
  Answer answer;
  for (;;) {
    auto line = daemon.read_line(kMaxLine);
    if (!line) return failure(no_answer(line.error().text));
    if (!*line) return failure(no_answer("connection closed"));
    const std::string& text = **line;
    if (text.starts_with(' ')) {
      answer.lines.push_back(text.substr(1));
    } else if (text == "OK" || text.starts_with("OK ")) {
      answer.text = after_word(text);
      return answer;
    } else if (text.starts_with("ERROR ")) {
      return failure(Error::Kind::temporary, "mailchuted: " + escaped(after_word(text)));
    } else {
      return failure(no_answer("it said '" + escaped(text.substr(0, 80)) + "'"));
    }
  }
}

}  // namespace mailchute::sendmail
