// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/folding.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace mailchute::mail {
namespace {

constexpr std::size_t kPreferred = 78;
constexpr std::size_t kMaxWord = 900;  // with a name before it still below 998

bool is_printable(char c) { return c >= ' ' && c < 127; }

// Takes a field line by line.
class Refolding {
 public:
  // Without its line end. False when it is too long and cannot be broken.
  bool add(std::string_view line) {
    const std::size_t last = line.find_last_not_of(" \t");
    if (last == line.npos) return true;
    const std::size_t wanted = line.size() > kMaxLine ? kPreferred : kMaxLine;
    std::size_t begin = 0;  // of what is to be put out
    std::size_t gap = 0;    // the last one behind that, 0: none
    for (std::size_t i = 0; i <= last + 1; ++i) {
      const bool here = i > begin && i <= last && may_break(line, i);
      if ((here || i > last) && i - begin > wanted && gap > begin) {
        if (!put(line.substr(begin, gap - begin))) return false;
        begin = gap;
      }
      if (here) gap = i;
      if (i <= last) look_at(line[i]);
    }
    return put(line.substr(begin));
  }

  std::string& text() { return text_; }

 private:
  bool may_break(std::string_view line, std::size_t i) const {
    if (escaped_ || is_blank(line[i - 1])) return false;
    return is_blank(line[i]) || (line[i - 1] == ',' && !quoted_ && depth_ == 0);
  }

  // A comma inside of quotes or of a comment is followed by what was written.
  void look_at(char c) {
    if (std::exchange(escaped_, false)) return;
    if (c == '\\') escaped_ = quoted_ || depth_ > 0;
    if (c == '"' && depth_ == 0) quoted_ = !quoted_;
    if (c == '(' && !quoted_) ++depth_;
    if (c == ')' && !quoted_ && depth_ > 0) --depth_;
  }

  bool put(std::string_view part) {
    const std::string_view indent = text_.empty() || is_blank(part[0]) ? "" : " ";
    text_.append(indent).append(part).append("\n");
    return indent.size() + part.size() <= kMaxLine;
  }

  std::string text_;
  bool quoted_ = false;
  bool escaped_ = false;
  std::size_t depth_ = 0;
};

}  // namespace

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_printable);
}

std::string ascii_escaped(std::string_view text) {
  std::string out;
  for (const char c : escaped(text)) {
    if (is_printable(c)) {
      out += c;
    } else {
      out.append("\\x").append(to_hex(std::string_view(&c, 1)));
    }
  }
  return out;
}

std::string folded_field(std::string_view name, std::string_view text) {
  std::string clean(text);
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return !is_printable(c); }, ' ');
  std::string field(name);
  field += ':';
  std::size_t column = field.size();
  const auto put = [&](std::string_view word, bool first) {
    if (!first && column + 1 + word.size() > kPreferred) {
      field += '\n';
      column = 0;
    }
    field.append(" ").append(word);
    column += 1 + word.size();
  };
  bool first = true;
  for (std::string_view word : split(clean, ' ')) {
    for (; !word.empty(); word.remove_prefix(std::min(word.size(), kMaxWord))) {
      put(word.substr(0, kMaxWord), first);
      first = false;
    }
  }
  return field + '\n';
}

std::optional<std::string> refolded(std::string_view field) {
  std::string clean(field.substr(0, field.size() - field.ends_with('\n')));
  std::replace(clean.begin(), clean.end(), '\r', ' ');
  Refolding refolding;
  for (const std::string_view line : split(clean, '\n')) {
    if (!refolding.add(line)) return std::nullopt;
  }
  return std::move(refolding.text());
}

}  // namespace mailchute::mail
