// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/queue_import.h"

#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "mail/display_name.h"
#include "mail/intake.h"
#include "mail/message_input.h"
#include "mailchute/command.h"
#include "mailchute/entry_pass.h"
#include "mailchute/json.h"
#include "mailchute/terminal.h"
#include "mailchute/words.h"
#include "queue/queue_id.h"
#include "queue/socket_writer.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/identity.h"

namespace mailchute {
namespace {

using queue::RecipientStatus;

constexpr std::size_t kPiece = 64 << 10;
constexpr std::string_view kEntryBegins = "Mailchute-";

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// A file that can be read from any place, more than once; what comes through a pipe is copied to
// one.
class Input {
 public:
  static Result<Input> open(const std::string& name) {
    if (name == "-") return copied(STDIN_FILENO, "standard input");
    auto file = sys::open_at(AT_FDCWD, name, O_RDONLY);
    if (!file) return failure(file.error());
    const auto status = sys::status_of(file->get(), name);
    if (!status) return failure(status.error());
    if (!S_ISREG(status->st_mode)) return copied(file->get(), name);
    return Input(name, std::move(*file));
  }
  const std::string& name() const { return name_; }
  Pieces pieces() const { return pieces_of_file(file_.get(), name_); }

 private:
  Input(std::string name, sys::UniqueFd file) : name_(std::move(name)), file_(std::move(file)) {}

  static Result<Input> copied(int from, const std::string& name) {
    const std::unique_ptr<std::FILE, Close> file(std::tmpfile());
    if (!file) return failure(Error::from_errno("create", "a temporary file"));
    std::string buffer(kPiece, '\0');
    for (;;) {
      if (!Interruption::wait_to_read(from))
        return failure(Error::Kind::temporary, name + ": interrupted");
      const auto n = sys::read_some(from, buffer, name);
      if (!n) return failure(n.error());
      if (*n == 0) break;
      const auto written = sys::write_all(
          ::fileno(file.get()), std::string_view(buffer).substr(0, *n), "a temporary file");
      if (!written) return failure(written.error());
    }
    return Input(name, sys::UniqueFd(::fcntl(::fileno(file.get()), F_DUPFD_CLOEXEC, 3)));
  }

  std::string name_;
  sys::UniqueFd file_;
};

// The daemon's door, with the id that the message is to have.
class Door final : public mail::Destination {
 public:
  Door(const config::Settings& settings, std::string id)
      : writer_(settings.submission_socket(), std::move(id)) {}
  Result<> begin(const mail::Envelope& envelope) override { return writer_.begin(envelope); }
  Result<> write(std::string_view text) override { return writer_.write(text); }
  Result<> commit() { return writer_.commit(); }

 private:
  queue::SocketWriter writer_;
};

// Of an entry that somebody has already tried to deliver: those who are left. What a digest stands
// for is exported beside it.
Result<mail::Envelope> still_to_do(const queue::Head& head) {
  if (!head.progress.digest_of.empty()) {
    return failure(Error::Kind::data, "is a digest; import the messages that it stands for");
  }
  mail::Envelope envelope = head.envelope;
  const std::string& status = head.progress.status;
  std::size_t i = 0;
  std::erase_if(envelope.recipients, [&](const mail::Recipient&) {
    const auto now = i < status.size() ? RecipientStatus{status[i++]} : RecipientStatus::to_do;
    return now == RecipientStatus::done || now == RecipientStatus::relayed;
  });
  if (envelope.recipients.empty())
    return failure(Error::Kind::data, "all of its recipients have been served");
  return envelope;
}

Result<> submit_entry(const Input& input, const config::Settings& settings, const std::string& id) {
  Door door(settings, id);
  mail::Envelope envelope;
  const EntryUser user{[&](const queue::Head& head, std::string_view) -> Result<> {
                         auto left = still_to_do(head);
                         if (!left) return failure(left.error());
                         envelope = std::move(*left);
                         return door.begin(envelope);
                       },
                       [&](std::string_view octets) { return door.write(octets); }};
  if (auto passed = pass_over(input.pieces(), user); !passed) return passed;
  return door.commit();
}

mail::Surroundings surroundings(const config::Settings& settings, const std::string& id) {
  mail::Surroundings at;
  at.hostname = settings.hostname;
  at.domain = settings.domain;
  at.uid = ::getuid();
  const sys::Account account = sys::account_of(at.uid);
  at.login = account.login;
  at.gecos_name = mail::full_name_from_gecos(account.gecos, account.login);
  at.queue_id = id;
  at.now = sys::now();
  at.utc_offset = sys::utc_offset(at.now);
  return at;
}

// As sendmail does it, but for lines with a lone dot.
Result<> submit_message(const Input& input, const config::Settings& settings,
                        const ImportOptions& options, const std::string& id) {
  Door door(settings, id);
  mail::Request request;
  request.recipients = options.recipients;
  request.reverse_path = options.sender;
  mail::Intake intake(
      [&](const mail::Header& header) {
        return mail::prepare(header, request, surroundings(settings, id));
      },
      door);
  mail::MessageInput lines(true);
  const Pieces pieces = input.pieces();
  std::string text;
  for (std::uint64_t offset = 0;;) {
    const auto piece = pieces(offset);
    if (!piece) return failure(piece.error());
    lines.feed(piece->octets, text);
    offset += piece->octets.size();
    if (piece->octets.empty()) lines.finish(text);
    if (auto fed = intake.feed(text); !fed) return fed;
    text.clear();
    if (piece->octets.empty()) break;
  }
  if (auto whole = intake.finish(); !whole) return whole;
  if (const auto& bad = intake.submission().bad; !bad.empty()) {
    return failure(Error::Kind::usage, bad.front().text + " is no address: " + bad.front().reason);
  }
  return door.commit();
}

// As export has named the file, or as the entry's first Received field has it.
std::string id_of_entry(const std::string& file, std::string_view start) {
  const std::string name = file.substr(file.rfind('/') + 1, queue::kQueueIdLength);
  if (queue::is_queue_id(name)) return name;
  constexpr std::string_view kBefore = " id ";
  const auto received = start.find("\nReceived: ");
  const auto at = received == start.npos ? received : start.find(kBefore, received);
  const std::string id(at == start.npos ? ""
                                        : start.substr(at + kBefore.size(), queue::kQueueIdLength));
  return queue::is_queue_id(id) ? id : queue::new_queue_id();
}

struct Imported {
  std::string file, id;
  bool kept;  // the id that it had
};

Result<Imported> import_one(const std::string& file, const config::Settings& settings,
                            const ImportOptions& options) {
  const auto input = Input::open(file);
  if (!input) return failure(input.error());
  const auto about_it = [&](const Error& error) {
    return failure(error.kind, input->name() + ": " + error.text);
  };
  const auto start = input->pieces()(0);
  if (!start) return failure(start.error());
  const bool is_entry = start->octets.starts_with(kEntryBegins);
  const std::string id = is_entry ? id_of_entry(file, start->octets) : queue::new_queue_id();
  if (!is_entry && options.recipients.empty()) {
    return about_it({Error::Kind::usage,
                     "is nothing that mailchute queue export wrote; for a message give "
                     "--recipient, and --sender"});
  }
  if (is_entry && (options.sender || !options.recipients.empty())) {
    return about_it(
        {Error::Kind::usage, "has an envelope of its own: neither --sender nor --recipient"});
  }
  const auto submit = [&](const std::string& under) {
    return is_entry ? submit_entry(*input, settings, under)
                    : submit_message(*input, settings, options, under);
  };
  auto submitted = submit(id);
  if (submitted) return Imported{input->name(), id, is_entry};
  if (submitted.error().kind != Error::Kind::rejected) return about_it(submitted.error());
  const std::string other = queue::new_queue_id();  // it is in the queue already, or was
  submitted = submit(other);
  if (!submitted) return about_it(submitted.error());
  return Imported{input->name(), other, false};
}

std::string json_of(const std::vector<Imported>& all, std::size_t refused, std::size_t left) {
  ActReport report{"import", {}, {{"done", all.size()}, {"refused", refused}, {"left", left}}};
  for (const auto& [file, id, kept] : all) {
    const nlohmann::ordered_json entry = {{"file", file}, {"id", id}, {"id_kept", kept}};
    report.entries.push_back(
        entry.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace));
  }
  return json_of(report);
}

std::string summary(const std::vector<Imported>& all, std::size_t left) {
  std::string text;
  for (const Imported& one : all) text += one.id + "  " + shown(one.file) + "\n";
  return text + "imported " + std::to_string(all.size()) +
         (all.size() == 1 ? " message" : " messages") +
         (left > 0 ? "; interrupted, " + std::to_string(left) + " not" : "") + "\n";
}

}  // namespace

int import_messages(const std::string& config_file, const ImportOptions& options) {
  const config::Settings settings = settings_of(config_file);
  int status = 0;
  std::vector<Imported> all;
  std::size_t tried = 0;
  {
    const Interruption interruption;
    ProgressBar progress("importing", options.files.size());
    for (const std::string& file : options.files) {
      if (Interruption::noted()) break;
      progress.show(tried++);
      auto imported = import_one(file, settings, options);
      if (imported) {
        all.push_back(std::move(*imported));
        continue;
      }
      if (Interruption::noted()) {  // nothing of it was submitted
        --tried;
        break;
      }
      progress.clear();
      status = complain(imported.error());
    }
  }
  const std::size_t left = options.files.size() - tried;
  print(options.json ? json_of(all, tried - all.size(), left) : summary(all, left));
  const int printed = finished();
  if (status == 0 && left > 0) return EX_TEMPFAIL;
  return status == 0 ? printed : status;
}

}  // namespace mailchute
