// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/options.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "sendmail/dsn_options.h"

namespace mailchute::sendmail {
namespace {

enum class Value {
  none,
  needed,  // the rest of the word, or the next word
  joined,  // the rest of the word, maybe nothing
};

// The state of parsing that is no result.
struct Parse {
  Options options;
  bool mode_given = false;
  bool queue_run = false;
  std::optional<Error> error;

  void warn(std::string text) {
    auto& warnings = options.warnings;
    if (std::find(warnings.begin(), warnings.end(), text) == warnings.end()) {
      warnings.push_back(std::move(text));
    }
  }

  // Warns of a value that means nothing; the option is as if it had not been given.
  template <class T>
  void assign(T& target, const std::optional<T>& value, std::string_view option,
              std::string_view text) {
    if (value) {
      target = *value;
    } else {
      warn("option -" + std::string(option) + ": '" + escaped(text) + "' means nothing; ignored");
    }
  }
};

void set_mode(Parse& parse, std::string_view value) {
  const char letter = value[0];
  parse.mode_given = true;
  switch (letter) {
    case 'm':
    case 'a': parse.options.mode = Mode::submit; return;
    case 's': parse.options.mode = Mode::smtp; return;
    case 'p': parse.options.mode = Mode::list_queue; return;
    case 'i': parse.options.mode = Mode::check_aliases; return;
    case 'v': parse.options.mode = Mode::verify; return;
    case 't': parse.options.mode = Mode::test_addresses; return;
    case 'd': parse.options.mode = Mode::daemon; return;
    case 'D': parse.options.mode = Mode::foreground_daemon; return;
    default:
      parse.error =
          Error{Error::Kind::usage, "unknown mode -b" + escaped(value) +
                                        "; known are -ba -bd -bD -bi -bm -bp -bs -bt -bv"};
  }
}

void set_bad_addresses(Parse& parse, std::string_view value) {
  switch (value.empty() ? 'm' : value[0]) {
    case 'p': parse.options.bad_addresses = BadAddresses::print; return;
    case 'q': parse.options.bad_addresses = BadAddresses::quiet; return;
    default: parse.options.bad_addresses = BadAddresses::mail;
  }
}

// -oX: Sendmail's old options. The others have no meaning for a machine that only sends.
void set_old_option(Parse& parse, std::string_view value) {
  const std::string_view rest = value.substr(1);
  switch (value[0]) {
    case 'i': parse.options.ignore_dots = true; return;
    case 'e': set_bad_addresses(parse, rest); return;
    case 'd': parse.options.request.wait_for_queue_run = rest.starts_with('q'); return;
    default: return;
  }
}

void set_queue_run(Parse& parse, std::string_view value) {
  using By = QueueFilter::By;
  parse.queue_run = true;
  const std::string part(value.substr(std::min<std::size_t>(1, value.size())));
  switch (value.empty() ? '\0' : value[0]) {
    case 'I': parse.options.filters.push_back({By::id, part}); return;
    case 'R': parse.options.filters.push_back({By::recipient, part}); return;
    case 'S': parse.options.filters.push_back({By::sender, part}); return;
    default: return;  // a time, -qf, or nothing: everything
  }
}

void set_aliases_mode(Parse& parse, std::string_view) {
  parse.mode_given = true;
  parse.options.mode = Mode::check_aliases;
}

void set_body(Parse& p, std::string_view v) {
  p.assign(p.options.request.body, parse_body_type(v), "B", v);
}
void set_notify(Parse& p, std::string_view v) {
  p.assign(p.options.request.notify, parse_notify(v), "N", v);
}
void set_return(Parse& p, std::string_view v) {
  p.assign(p.options.request.ret, parse_return(v), "R", v);
}
void set_envelope_id(Parse& p, std::string_view v) {
  p.assign(p.options.request.envelope_id, parse_envelope_id(v), "V", v);
}
void set_reverse_path(Parse& p, std::string_view v) { p.options.request.reverse_path = v; }
void set_full_name(Parse& p, std::string_view v) { p.options.request.full_name = v; }
void set_configuration(Parse& p, std::string_view v) { p.options.configuration_file = v; }
void set_log_tag(Parse& p, std::string_view v) { p.options.log_tag = v; }
void set_ignore_dots(Parse& p, std::string_view) { p.options.ignore_dots = true; }
void set_header_recipients(Parse& p, std::string_view) {
  p.options.request.recipients_from_header = true;
}
void set_verbose(Parse& p, std::string_view) { p.options.verbose = true; }
void no_effect(Parse&, std::string_view) {}

struct Known {
  char letter;
  Value value;
  void (*apply)(Parse&, std::string_view);
};

constexpr auto kKnown = std::to_array<Known>({
    {'A', Value::needed, no_effect},         {'B', Value::needed, set_body},
    {'C', Value::needed, set_configuration}, {'E', Value::none, no_effect},
    {'F', Value::needed, set_full_name},     {'G', Value::none, no_effect},
    {'I', Value::none, set_aliases_mode},    {'J', Value::none, no_effect},
    {'L', Value::needed, set_log_tag},       {'N', Value::needed, set_notify},
    {'O', Value::needed, no_effect},         {'R', Value::needed, set_return},
    {'U', Value::none, no_effect},           {'V', Value::needed, set_envelope_id},
    {'X', Value::needed, no_effect},         {'a', Value::none, no_effect},
    {'b', Value::needed, set_mode},          {'c', Value::none, no_effect},
    {'d', Value::joined, no_effect},         {'e', Value::needed, set_bad_addresses},
    {'f', Value::needed, set_reverse_path},  {'h', Value::needed, no_effect},
    {'i', Value::none, set_ignore_dots},     {'m', Value::none, no_effect},
    {'n', Value::none, no_effect},           {'o', Value::needed, set_old_option},
    {'p', Value::needed, no_effect},         {'q', Value::joined, set_queue_run},
    {'r', Value::needed, set_reverse_path},  {'t', Value::none, set_header_recipients},
    {'v', Value::none, set_verbose},         {'x', Value::none, no_effect},
});

// Options for which an empty value means something.
bool may_be_empty(char letter) { return letter == 'f' || letter == 'r' || letter == 'F'; }

class Parser {
 public:
  explicit Parser(std::span<const std::string_view> words) : words_(words) {}

  void run(Parse& parse) {
    while (next_ < words_.size()) {
      const std::string_view word = words_[next_++];
      if (word == "--") break;
      if (word.starts_with("--")) {
        parse.warn("unknown option " + escaped(word) + "; ignored");
      } else if (word.size() > 1 && word[0] == '-') {
        take_letters(word.substr(1), parse);
      } else {
        parse.options.request.recipients.emplace_back(word);
      }
    }
    for (; next_ < words_.size(); ++next_) {
      parse.options.request.recipients.emplace_back(words_[next_]);
    }
  }

 private:
  void take_letters(std::string_view letters, Parse& parse) {
    while (!letters.empty()) {
      const char letter = letters[0];
      letters.remove_prefix(1);
      const auto known = std::find_if(kKnown.begin(), kKnown.end(),
                                      [letter](const Known& k) { return k.letter == letter; });
      if (known == kKnown.end()) {
        parse.warn("unknown option -" + escaped(std::string_view(&letter, 1)) + "; ignored");
      } else if (known->value == Value::none) {
        known->apply(parse, "");
      } else {
        return take_value(*known, letters, parse);
      }
    }
  }

  void take_value(const Known& known, std::string_view joined, Parse& parse) {
    std::optional<std::string_view> value = joined;
    if (known.value == Value::needed && joined.empty()) {
      value.reset();
      if (next_ < words_.size()) value = words_[next_++];
    }
    const bool empty = !value || (value->empty() && known.value == Value::needed);
    if (!value || (empty && !may_be_empty(known.letter))) {
      return parse.warn(std::string("option -") + known.letter + " needs a value; ignored");
    }
    known.apply(parse, *value);
  }

  std::span<const std::string_view> words_;
  std::size_t next_ = 0;
};

Mode mode_of_name(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (name == "mailq") return Mode::list_queue;
  if (name == "newaliases") return Mode::check_aliases;
  if (name == "runq") return Mode::retry;
  return Mode::submit;
}

}  // namespace

const char kUsage[] =
    "usage: sendmail [-i] [-t] [-f sender] [-F name] [-C file] [recipient ...] < message\n"
    "       sendmail -bs | -bp | -bd | -bD | -q[I|R|S part]\n"
    "       sendmail -bv recipient ... | -bt | -bi\n"
    "       mailq | newaliases\n"
    "Exit status 0: the message is safe on disk. See sendmail(8) for all options.\n";

Result<Options> parse_options(std::span<const std::string_view> arguments) {
  Parse parse;
  if (arguments.empty()) return parse.options;
  parse.options.mode = mode_of_name(arguments[0]);
  const auto words = arguments.subspan(1);
  if (words.size() == 1 && (words[0] == "-V" || words[0] == "--version")) {
    parse.options.mode = Mode::version;
  } else if (words.size() == 1 && words[0] == "--help") {
    parse.options.mode = Mode::help;
  } else {
    Parser(words).run(parse);
  }
  if (parse.error) return failure(std::move(*parse.error));
  const bool only_queue_run = parse.queue_run && !parse.mode_given;
  if (only_queue_run && parse.options.mode == Mode::submit) parse.options.mode = Mode::retry;
  return std::move(parse.options);
}

}  // namespace mailchute::sendmail
