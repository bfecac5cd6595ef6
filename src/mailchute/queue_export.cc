// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/queue_export.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "mailchute/command.h"
#include "mailchute/entry_pass.h"
#include "mailchute/json.h"
#include "mailchute/maildir.h"
#include "mailchute/terminal.h"
#include "mailchute/words.h"
#include "queue/view.h"
#include "sys/clock.h"
#include "sys/file.h"

namespace mailchute {
namespace {

// One sync for so many, side by side: few enough to be open and to have a thread each.
constexpr std::size_t kTogether = 64;

// Where one message goes: written, finished, its file synced, and kept. What is not kept leaves no
// trace.
class Target {
 public:
  virtual ~Target() = default;
  virtual Result<> write(std::string_view octets) = 0;
  virtual Result<> finish() { return {}; }
  virtual int file() const = 0;
  virtual Result<std::string> keep() = 0;  // its name, for people
};

class StandardOutput final : public Target {
 public:
  Result<> write(std::string_view octets) override {
    return sys::write_all(STDOUT_FILENO, octets, "standard output");
  }
  int file() const override { return STDOUT_FILENO; }
  Result<std::string> keep() override { return std::string("standard output"); }
};

class NewFile final : public Target {
 public:
  static Result<std::unique_ptr<Target>> create(const std::string& path) {
    auto file = sys::open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (!file) return failure(file.error());
    return std::unique_ptr<Target>(new NewFile(path, std::move(*file)));
  }
  ~NewFile() override {
    if (file_) ::unlink(path_.c_str());
  }
  Result<> write(std::string_view octets) override {
    return sys::write_all(file_.get(), octets, path_);
  }
  int file() const override { return file_.get(); }
  Result<std::string> keep() override {
    file_.reset();
    return path_;
  }

 private:
  NewFile(std::string path, sys::UniqueFd file) : path_(std::move(path)), file_(std::move(file)) {}
  std::string path_;
  sys::UniqueFd file_;
};

class InMaildir final : public Target {
 public:
  InMaildir(MaildirMessage message, std::string path)
      : message_(std::move(message)), path_(std::move(path)) {}
  Result<> write(std::string_view octets) override { return message_.write(octets); }
  Result<> finish() override { return message_.flush(); }
  int file() const override { return message_.file(); }
  Result<std::string> keep() override {
    if (auto delivered = message_.deliver(); !delivered) return failure(delivered.error());
    return path_ + "/new/" + message_.name();
  }

 private:
  MaildirMessage message_;
  std::string path_;
};

using MakeTarget = std::function<Result<std::unique_ptr<Target>>(const std::string& id)>;

Result<MakeTarget> in_maildir(const std::string& path, const config::Settings& settings) {
  auto opened = Maildir::open(path, settings.hostname);
  if (!opened) return failure(opened.error());
  auto maildir = std::make_shared<Maildir>(std::move(*opened));
  return MakeTarget([maildir, path](const std::string&) -> Result<std::unique_ptr<Target>> {
    auto message = maildir->begin();
    if (!message) return failure(message.error());
    return std::unique_ptr<Target>(new InMaildir(std::move(*message), path));
  });
}

Result<MakeTarget> targets(const ExportOptions& options, const config::Settings& settings) {
  if (!options.maildir.empty()) return in_maildir(options.maildir, settings);
  if (!options.output.empty())
    return MakeTarget([&](const std::string&) { return NewFile::create(options.output); });
  if (options.folder.empty()) {
    return MakeTarget([](const std::string&) -> Result<std::unique_ptr<Target>> {
      return std::make_unique<StandardOutput>();
    });
  }
  if (::mkdir(options.folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return failure(Error::from_errno("create", options.folder));
  }
  return MakeTarget([&](const std::string& id) {
    return NewFile::create(options.folder + "/" + id + (options.message_only ? ".eml" : ".entry"));
  });
}

// From the daemon, or with it down from the folders.
Pieces pieces_of(const config::Settings& settings, const std::string& id) {
  auto file = std::make_shared<sys::UniqueFd>();
  return [settings, id, file](std::uint64_t offset) -> Result<queue::Piece> {
    if (*file) return pieces_of_file(file->get(), id)(offset);
    auto piece = queue::ask_for_piece(settings.control_socket(), id, offset);
    if (piece || piece.error().kind != Error::Kind::temporary || offset > 0) return piece;
    const auto view = queue::View::open(settings.queue_directory);
    auto whole = view ? view->find_whole(id) : std::nullopt;
    if (!whole) return piece;
    *file = std::move(whole->file);
    return pieces_of_file(file->get(), id)(offset);
  };
}

Result<std::unique_ptr<Target>> written(const config::Settings& settings, const std::string& id,
                                        bool message_only, const MakeTarget& make) {
  auto target = make(id);
  if (!target) return target;
  const EntryUser user{[&](const queue::Head&, std::string_view octets) {
                         return message_only ? Result<>() : (*target)->write(octets);
                       },
                       [&](std::string_view octets) { return (*target)->write(octets); }};
  if (auto passed = pass_over(pieces_of(settings, id), user); !passed) {
    return failure(passed.error().kind, id + ": " + passed.error().text);
  }
  if (auto finished = (*target)->finish(); !finished) return failure(finished.error());
  return target;
}

struct Exported {
  std::string id, file;
  std::uint64_t size;
};

std::string json_of(const std::vector<Exported>& all, std::size_t refused, std::size_t left) {
  ActReport report{"export", {}, {{"done", all.size()}, {"refused", refused}, {"left", left}}};
  for (const auto& [id, file, size] : all) {
    const nlohmann::ordered_json entry = {{"id", id}, {"file", file}, {"size", size}};
    report.entries.push_back(
        entry.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace));
  }
  return json_of(report);
}

std::string summary(const std::vector<Exported>& all, std::size_t left) {
  std::uint64_t octets = 0;
  for (const Exported& one : all) octets += one.size;
  return "exported " + std::to_string(all.size()) +
         (all.size() == 1 ? " message (" : " messages (") + short_size(octets) + " octets)" +
         (left > 0 ? "; interrupted, " + std::to_string(left) + " not" : "") + "\n";
}

// What is written and not yet durable.
class Export {
 public:
  // `folder`: where their names are; empty: it is one, whose name is durable with it.
  explicit Export(std::string folder) : folder_(std::move(folder)) {}

  void add(const Found& entry, std::unique_ptr<Target> target) {
    pending_.push_back({&entry, std::move(target)});
    if (pending_.size() == kTogether) settle();
  }
  // All that was added is durable and in its place.
  void settle() {
    std::vector<int> files;
    for (const Pending& one : pending_) files.push_back(one.target->file());
    const std::vector<int> errors = sys::sync_together(files);
    for (std::size_t i = 0; i < pending_.size(); ++i) keep(pending_[i], errors[i]);
    pending_.clear();
    if (folder_.empty()) return;
    const auto folder = sys::open_at(AT_FDCWD, folder_, O_RDONLY | O_DIRECTORY);
    refuse(folder ? sys::sync(folder->get(), folder_) : failure(folder.error()));
  }
  void refuse(const Result<>& done) {
    if (!done) status_ = complain(done.error());
  }

  const std::vector<Exported>& all() const { return all_; }
  int status() const { return status_; }

 private:
  struct Pending {
    const Found* entry;
    std::unique_ptr<Target> target;
  };
  // EINVAL: a pipe or a terminal.
  void keep(Pending& one, int error) {
    const auto kept = error == 0 || error == EINVAL
                          ? one.target->keep()
                          : failure(Error::from_errno("sync", one.entry->id, error));
    if (kept) all_.push_back({one.entry->id, *kept, one.entry->size});
    else refuse(failure(kept.error()));
  }

  std::string folder_;
  std::vector<Pending> pending_;
  std::vector<Exported> all_;
  int status_ = 0;
};

int export_all(const config::Settings& settings, const ExportOptions& options, const Chosen& chosen,
               const MakeTarget& make) {
  Export exported(options.maildir.empty() ? options.folder : options.maildir + "/new");
  std::size_t tried = 0;
  {
    const Interruption interruption;
    ProgressBar progress("exporting", chosen.entries.size());
    for (const Found& entry : chosen.entries) {
      if (Interruption::noted()) break;
      progress.show(tried++);
      auto target = written(settings, entry.id, options.message_only, make);
      if (!target) progress.clear();
      if (target) exported.add(entry, std::move(*target));
      else exported.refuse(failure(target.error()));
    }
    exported.settle();
  }
  const auto& all = exported.all();
  const int status = exported.status() == 0 ? chosen.status : exported.status();
  const std::size_t left = chosen.entries.size() - tried;
  const bool told = !options.folder.empty() || !options.maildir.empty() || !options.output.empty();
  if (told)
    print(options.json ? json_of(all, chosen.missing.size() + tried - all.size(), left)
                       : summary(all, left));
  const int printed = finished();
  if (status == 0 && left > 0) return EX_TEMPFAIL;
  return status == 0 ? printed : status;
}

}  // namespace

int export_messages(const std::string& config_file, const ExportOptions& options) {
  const config::Settings settings = settings_of(config_file);
  const auto usage = [](const char* text) { return complain({Error::Kind::usage, text}); };
  const bool many = !options.folder.empty() || !options.maildir.empty();
  if (!options.output.empty() + !options.folder.empty() + !options.maildir.empty() > 1)
    return usage("one of --output, --folder and --maildir");
  if (options.json && !many && options.output.empty())
    return usage("--json needs --output, --folder or --maildir");
  const auto selection = selection_of(options.selection, sys::now(), false);
  if (!selection) return complain(selection.error());
  std::vector<Found> entries;
  const auto listed = each_entry(settings, *selection,
                                 [&](const queue::Listed& entry) { entries.emplace_back(entry); });
  if (!listed) return complain(listed.error());
  const auto chosen = named(std::move(entries), *selection);
  if (!chosen) return complain(chosen.error());
  if (chosen->entries.size() > 1 && !many)
    return usage("several messages go to a --folder or a --maildir");
  const auto make = targets(options, settings);
  if (!make) return complain(make.error());
  return export_all(settings, options, *chosen, *make);
}

}  // namespace mailchute
