// SPDX-License-Identifier: GPL-3.0-or-later
// Many messages as one, whatever users have written: a header of known fields, each once, in lines
// that every mail server takes, then a text and every message as it was, each a part of its own.
// The second message begins behind a line of dashes.
#include "mail/collection.h"

#include "fuzz/input.h"
#include "mail/folding.h"
#include "mail/header.h"
#include "mail/mime_scanner.h"
#include "mail/plain_text.h"

using namespace mailchute;

namespace {

// A boundary is random; what was written before it was chosen cannot hold it.
constexpr char kId[] = "7QJZX2VKD4MWBY9HRT3GNCF5PS";
constexpr std::string_view kNext = "\n-----\n";

// Who queued it has seen to a header and the line behind it.
std::string as_queued(std::string_view text) {
  std::string message = "Received: by h.example\n" + std::string(text);
  return message.find("\n\n") == message.npos ? message + "\n\n" : message;
}

// What cannot be attached as it is never gets into one.
bool attachable(std::string_view text) {
  const auto lines = split(text, '\n');
  return text.find('\0') == text.npos && text.find('\r') == text.npos &&
         std::all_of(lines.begin(), lines.end(),
                     [](auto line) { return line.size() <= mail::kMaxLine; });
}

mail::Collection::Message message_of(std::string_view text) {
  return {"ID", Time(), text.size(),
          mail::shortened(mail::plain_subject(text), mail::Collection::kMaxSubject)};
}

mail::Collection collection_of(unsigned bits, const std::vector<std::string>& texts) {
  mail::Collection collection;
  collection.id = kId;
  collection.hostname = "h.example";
  collection.user = "www-data";
  collection.above = bits % 16;
  collection.within = Seconds(bits * 100);
  collection.header = texts.front();
  for (const std::string& text : texts) {
    collection.eight_bit |= std::any_of(text.begin(), text.end(), [](char c) { return c & 0x80; });
    collection.messages.push_back(message_of(text));
  }
  return collection;
}

void check_head(std::string_view head, bool eight_bit) {
  for (const auto line : split(head, '\n')) {
    fuzz::require(line.size() <= mail::kMaxLine);
    for (const char c : line)
      fuzz::require(c != '\0' && c != '\r' && (eight_bit || (c & 0x80) == 0));
  }
  mail::HeaderReader reader;
  fuzz::require(reader.feed(head) && reader.ended());
  const auto& fields = reader.header().fields;
  const std::string text = reader.header().text();
  for (const auto line : split(text, '\n'))
    fuzz::require(line.empty() || !trim(line).empty());
  std::size_t known = 0;
  for (const std::string_view name :
       {"From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "Auto-Submitted",
        "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}) {
    const auto count = std::ranges::count_if(fields, [&](const auto& f) { return f.is(name); });
    fuzz::require(count <= 1);
    known += static_cast<std::size_t>(count);
  }
  fuzz::require(known == fields.size());
  for (const char* name : {"From", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"})
    fuzz::require(reader.header().has(name));
}

std::string words_of(std::string_view text) {
  std::string words;
  for (const auto word : split(text, ' ')) words.append(word.empty() ? "" : " ").append(word);
  return words;
}

// It can be read as it was.
void check_subject(const mail::Collection& collection, std::string_view head) {
  const std::string count = "[" + std::to_string(collection.messages.size()) + "x] ";
  fuzz::require(words_of(mail::plain_subject(head)) ==
                words_of(count + collection.messages.front().subject));
}

// The parts of the whole and of the digest in it, and what is in the latter.
class Contents : public mail::MimeVisitor {
 public:
  void on_part() override {
    types_.emplace_back();
    if (types_.size() == 4) messages.emplace_back();
  }
  void on_field(std::string_view raw) override { add(raw); }
  void on_head(const mail::PartHead& head) override {
    types_.back() = head.type.type + "/" + head.type.subtype;
    if (types_.size() < 4) outline += types_.back() + " ";
    if (head.has_blank_line) add("\n");
  }
  void on_body(std::string_view body) override { add(body); }
  void on_end() override { types_.pop_back(); }
  void on_between(std::string_view between) override { add(between); }

  std::string outline;
  std::vector<std::string> messages;

 private:
  void add(std::string_view text) {
    if (types_.size() >= 4) messages.back() += text;
  }
  std::vector<std::string> types_;
};

// A last part that is all header takes the line end before the delimiter for the end of that.
bool same(std::string_view found, const std::string& text) {
  return found == text || found == text + "\n";
}

void check(const mail::Collection& collection, const std::vector<std::string>& texts) {
  const std::string head = mail::collection_head(collection);
  check_head(head, collection.eight_bit);
  check_subject(collection, head);
  std::string whole = head;
  for (const std::string& text : texts) whole += mail::collection_part(collection) + text;
  whole += mail::collection_tail(collection);
  Contents contents;
  mail::MimeScanner scanner(contents);
  scanner.feed(whole);
  scanner.finish();
  std::string outline = "multipart/mixed text/plain multipart/digest ";
  for (std::size_t i = 0; i < texts.size(); ++i) outline += "message/rfc822 ";
  fuzz::require(contents.outline == outline && contents.messages.size() == texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) fuzz::require(same(contents.messages[i], texts[i]));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned bits = input.octet();
  const std::string_view text = input.rest();
  if (text.find(kId) != text.npos || !attachable(text)) return 0;
  const std::size_t end = std::min(text.find(kNext), text.size());
  std::vector<std::string> texts = {as_queued(text.substr(0, end))};
  if (end < text.size()) texts.push_back(as_queued(text.substr(end + kNext.size())));
  check(collection_of(bits, texts), texts);
  return 0;
}
