// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/load.h"

#include <fcntl.h>
#include <libconfig.h>

#include <utility>

#include "config/complaints.h"
#include "config/consistency.h"
#include "config/host_name.h"
#include "config/known.h"
#include "config/source.h"
#include "sys/file.h"

#ifndef MAILCHUTE_SYSCONFDIR
#define MAILCHUTE_SYSCONFDIR "/etc"
#endif
#ifndef MAILCHUTE_LOCALSTATEDIR
#define MAILCHUTE_LOCALSTATEDIR "/var"
#endif
#ifndef MAILCHUTE_RUNSTATEDIR
#define MAILCHUTE_RUNSTATEDIR "/run"
#endif

namespace mailchute::config {
namespace {

constexpr std::size_t kLargestFile = 1 << 20;  // libconfig holds it all, several times over

// libconfig's tree of a text.
class Tree {
 public:
  explicit Tree(const std::string& text) {
    config_init(&config_);
    valid_ = config_read_string(&config_, text.c_str()) == CONFIG_TRUE;
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  ~Tree() { config_destroy(&config_); }

  bool valid() const { return valid_; }
  config_setting_t* root() const { return config_root_setting(&config_); }
  unsigned error_line() const { return static_cast<unsigned>(config_error_line(&config_)); }
  std::string_view error() const { return config_error_text(&config_); }

 private:
  config_t config_;
  bool valid_ = false;
};

constexpr unsigned kMostItems = 100;  // of a list of groups; each costs every message a look

std::string advice_for(std::string_view error, std::string_view line) {
  if (error == "syntax error") return syntax_advice(line);
  if (error == "duplicate setting name") return "it is already set further up; keep one of the two";
  if (error == "memory exhausted") return "groups are nested too deeply; see mailchute.conf(5)";
  return "everything in brackets must be of one kind; write [ \"text\", \"text\" ]";
}

// Puts what the tree says into settings, group by group.
class Reading {
 public:
  Reading(std::string_view text, Settings& settings, Complaints& complaints)
      : text_(text), settings_(settings), complaints_(complaints) {}

  void read_group(config_setting_t* group, const std::string& prefix) {
    const auto count = static_cast<unsigned>(config_setting_length(group));
    for (unsigned i = 0; i < count && !complaints_.full(); ++i)
      read(config_setting_get_elem(group, i), prefix);
  }

  const Lines& lines() const { return lines_; }
  const Items& items() const { return items_; }

 private:
  void read(config_setting_t* setting, const std::string& prefix) {
    const std::string path = prefix + setting->name;
    const Known* const known = find_known(path);
    if (known == nullptr) return complaints_.add(setting->line, unknown_complaint(path));
    here_->emplace(known->path, setting->line);
    if (!known->item.empty()) return read_list(setting, *known);
    known->read(Value(setting, known->path, known->example, text_, complaints_), settings_);
    if (known->group && config_setting_is_group(setting)) read_group(setting, path + ".");
  }

  void read_list(config_setting_t* list, const Known& known) {
    const std::string name(known.path);
    const auto count = static_cast<unsigned>(config_setting_length(list));
    if (!config_setting_is_list(list) || count > kMostItems)
      return complaints_.add(list->line, name + " wants a list of at most " +
                                             std::to_string(kMostItems) + " groups; write " + name +
                                             " = " + std::string(known.example) + ";");
    for (unsigned i = 0; i < count && !complaints_.full(); ++i) {
      config_setting_t* const item = config_setting_get_elem(list, i);
      known.read(Value(item, known.path, known.example, text_, complaints_), settings_);
      if (!config_setting_is_group(item)) continue;
      Lines lines{{known.item, item->line}};
      Lines* const around = std::exchange(here_, &lines);
      read_group(item, std::string(known.item) + ".");
      here_ = around;
      items_[known.path].push_back(std::move(lines));
    }
  }

  std::string_view text_;
  Settings& settings_;
  Complaints& complaints_;
  Lines lines_;
  Items items_;
  Lines* here_ = &lines_;  // of the group or item that is being read
};

Settings defaults(const std::string& file) {
  Settings settings;
  settings.file = file;
  settings.queue_directory = MAILCHUTE_LOCALSTATEDIR "/spool/mailchute";
  settings.run_directory = MAILCHUTE_RUNSTATEDIR "/mailchute";
  return settings;
}

void complete(SmartHost& host) {
  if (host.name.empty()) host.name = host.host;
  if (host.port == 0) host.port = host.tls == Tls::implicit ? 465 : 587;  // RFC 8314, 7.3; RFC 6409
}

void complete(Settings& settings) {
  MachineNames names{settings.hostname, settings.hostname};
  if (settings.hostname.empty()) names = machine_names();
  settings.hostname = std::move(names.hostname);
  if (settings.domain.empty()) settings.domain = std::move(names.domain);
}

std::string unreadable(const std::string& file, const Error& error) {
  const std::string reason = error.text.substr(error.text.rfind(": ") + 2);
  switch (error.kind) {
    case Error::Kind::permission:
      return file + ": " + reason + "; every user must be able to read it: chmod 644 " + file;
    case Error::Kind::data:
      return file + ": " + reason + "; this cannot be a configuration file, give another with -C";
    default:
      return file + ": " + reason + "; write it as mailchute.conf(5) says, or give another with -C";
  }
}

// False when the text has no syntax to speak of.
bool read_all(const std::string& text, Settings& settings, Complaints& complaints) {
  const Tree tree(text);
  if (!tree.valid()) {
    const unsigned line = tree.error_line();
    complaints.add(
        line, std::string(tree.error()) + ": " + advice_for(tree.error(), line_of(text, line)));
    return false;
  }
  Reading reading(text, settings, complaints);
  reading.read_group(tree.root(), "");
  for (SmartHost& host : settings.smart_hosts) complete(host);
  check_together(settings, reading.lines(), reading.items(), complaints);
  return true;
}

bool read_for_submission(const std::string& text, Settings& settings) {
  Complaints ignored("");
  if (!fit_for_parser(text, ignored)) return false;
  const Tree tree(text);
  if (!tree.valid()) return false;
  for (const Known& known : known_settings()) {
    if (known.use != Known::For::submission) continue;
    const char* const name = known.path.data();  // a literal, so it ends with NUL
    if (const auto* const setting = config_setting_get_member(tree.root(), name))
      known.read(Value(setting, known.path, known.example, text, ignored), settings);
  }
  return true;
}

}  // namespace

const char kDefaultFile[] = MAILCHUTE_SYSCONFDIR "/mailchute/mailchute.conf";

Loaded load_text(const std::string& text, const std::string& file) {
  Loaded loaded{defaults(file), {}, false};
  Complaints complaints(file);
  if (fit_for_parser(text, complaints))
    loaded.readable = read_all(text, loaded.settings, complaints);
  loaded.mistakes = complaints.lines();
  return loaded;
}

Loaded load(const std::string& file) {
  const auto text = sys::read_file(AT_FDCWD, file, kLargestFile);
  Loaded loaded = text ? load_text(*text, file)
                       : Loaded{defaults(file), {unreadable(file, text.error())}, false};
  complete(loaded.settings);
  return loaded;
}

Loaded load_for_submission(const std::string& file) {
  Loaded loaded{defaults(file), {}, false};
  if (const auto text = sys::read_file(AT_FDCWD, file, kLargestFile))
    loaded.readable = read_for_submission(*text, loaded.settings);
  complete(loaded.settings);
  return loaded;
}

}  // namespace mailchute::config
