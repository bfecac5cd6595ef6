// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/control.h"

#include <algorithm>

#include "base/text.h"
#include "queue/queue_id.h"
#include "sys/unix_client.h"

namespace mailchute::queue {
namespace {

// One entry with every recipient it may have, escaped; twice in SHOW. A page of a list adds little.
constexpr std::size_t kMaxLine = 4 * kMaxHead;
constexpr std::size_t kMaxAnswer = 2 * kMaxLine;

constexpr std::string_view kWhats[] = {"done", "later", "refused"};

tl::unexpected<Error> not_understood(std::string_view what) {
  return failure(Error::Kind::protocol,
                 "mailchuted's answer is not understood: " + escaped(what.substr(0, 80)));
}

std::string format_position(const Position& position) {
  return format_time(position.time) + "/" + position.id;
}

std::pair<std::string_view, std::string_view> key_and_value(std::string_view word) {
  const auto end = std::min(word.find('='), word.size());
  return {word.substr(0, end), word.substr(std::min(end + 1, word.size()))};
}

// The last one of its line.
constexpr std::string_view kAlarm = " alarm=";

// What is no alarm is none: the list is worth more.
Alarm parse_alarm(std::string_view text) {
  if (!text.starts_with(kAlarm)) return {};
  text.remove_prefix(kAlarm.size());
  const auto blank = std::min(text.find(' '), text.size());
  const auto since = parse_time(text.substr(0, blank));
  auto words = unescaped(text.substr(blank));
  if (!since || !words) return {};
  return {*since, std::string(trim(*words))};
}

// An earlier daemon's word for what it cannot do.
Error explained(Error error) {
  if (error.text.starts_with("unknown request"))
    error.text += " (mailchuted is of another version: restart it)";
  return error;
}

}  // namespace

Result<Answer> ask(const std::string& socket, std::string_view request, Milliseconds patience) {
  if (request.size() >= kMaxRequest)
    return failure(Error::Kind::usage, "too much to ask mailchuted for at a time: more than " +
                                           std::to_string(kMaxRequest) + " octets");
  auto client = sys::UnixClient::connect(socket, patience);
  if (!client)
    return failure(client.error().kind, client.error().text + "; is mailchuted running?");
  if (auto sent = client->send(std::string(request) + "\n"); !sent) return failure(sent.error());
  Answer answer;
  for (std::size_t octets = 0; octets <= kMaxAnswer;) {
    auto line = client->read_line(kMaxLine);
    if (!line) return failure(line.error());
    if (!*line) return failure(Error::Kind::temporary, "mailchuted broke off its answer");
    const std::string_view text = **line;
    octets += text.size() + 1;
    if (text.starts_with(" ")) {
      answer.lines.emplace_back(text.substr(1));
    } else if (text.starts_with("OK")) {
      answer.summary = trim(text.substr(2));
      return answer;
    } else if (text.starts_with("ERROR ")) {
      return failure(explained({Error::Kind::rejected, std::string(text.substr(6))}));
    } else if (text != "WAIT") {
      return not_understood(text);
    }
  }
  return failure(Error::Kind::protocol, "mailchuted's answer has no end");
}

Result<Totals> ask_for_entries(const std::string& socket, const std::function<void(Listed)>& entry,
                               const Selection& selection, Alarm* alarm) {
  const std::string words = format_words(words_of(selection));
  std::string request = words.empty() ? "LIST" : "LIST " + words;
  for (Position last;;) {
    const auto answer = ask(socket, request);
    if (!answer) return failure(answer.error());
    for (const std::string& line : answer->lines) {
      auto listed = parse_listed(line);
      if (!listed) return failure(listed.error());
      entry(std::move(*listed));
    }
    const auto end = parse_totals(answer->summary);
    if (!end) return failure(end.error());
    if (alarm != nullptr) *alarm = end->alarm;
    if (!end->next) return end->totals;
    if (*end->next <= last) return not_understood(answer->summary);  // round and round
    last = *end->next;
    request = "LIST " + format_position(last) + (words.empty() ? "" : "\t" + words);
  }
}

Result<Acted> parse_acted(std::string_view line) {
  const auto words = split(line, ' ');
  if (words.size() < 2) return not_understood(line);
  auto id = unescaped(words[0]);
  auto text = unescaped(line.substr(std::min(words[0].size() + words[1].size() + 2, line.size())));
  const auto* what = std::find(std::begin(kWhats), std::end(kWhats), words[1]);
  if (!id || !text || what == std::end(kWhats)) return not_understood(line);
  return Acted{std::move(*id), static_cast<Acted::What>(what - std::begin(kWhats)),
               std::move(*text)};
}

Result<std::vector<Acted>> ask_to_act(const std::string& socket, std::string_view verb,
                                      std::vector<Word> words, std::span<const std::string> ids) {
  for (const std::string& id : ids) words.push_back({"id", id});
  std::string request(verb);
  for (char& c : request) c = is_alpha(c) ? static_cast<char>(c & ~32) : c;
  const auto answer = ask(socket, request + " " + format_words(words));
  if (!answer) return failure(answer.error());
  std::vector<Acted> all;
  for (const std::string& line : answer->lines) {
    auto acted = parse_acted(line);
    if (!acted) return failure(acted.error());
    all.push_back(std::move(*acted));
  }
  return all;
}

Result<Piece> ask_for_piece(const std::string& socket, const std::string& id,
                            std::uint64_t offset) {
  const auto answer =
      ask(socket, "EXPORT " + format_words({{"id", id}, {"offset", std::to_string(offset)}}));
  if (!answer) return failure(answer.error());
  auto octets = answer->lines.size() == 1 ? unescaped(answer->lines[0]) : std::nullopt;
  const auto [key, value] = key_and_value(answer->summary);
  const auto size = parse_number(value);
  if (!octets || key != "octets" || !size) return not_understood(answer->summary);
  return Piece{std::move(*octets), *size};
}

Result<Overview> ask_for_list(const std::string& socket) {
  Overview overview;
  const auto totals = ask_for_entries(
      socket, [&](Listed entry) { overview.shown.push_back(std::move(entry)); }, {},
      &overview.alarm);
  if (!totals) return failure(totals.error());
  overview.totals = *totals;
  return overview;
}

Result<Details> ask_for_details(const std::string& socket, const std::string& id) {
  const auto answer = ask(socket, "SHOW " + id);
  if (!answer) return failure(answer.error());
  return parse_details(answer->lines);
}

Result<std::map<std::string, std::string>> ask_for_status(const std::string& socket) {
  const auto answer = ask(socket, "STATUS");
  if (!answer) return failure(answer.error());
  std::map<std::string, std::string> facts;
  for (const std::string& line : answer->lines) {
    const auto [key, value] = key_and_value(line);
    auto text = unescaped(value);
    if (!text) return not_understood(line);
    facts.insert_or_assign(std::string(key), std::move(*text));
  }
  return facts;
}

Result<Overview> read_list(const std::string& directory) {
  auto listed = list(directory);
  if (!listed) return failure(listed.error());
  Overview overview{std::move(*listed), {}, {}};
  for (const Listed& entry : overview.shown) {
    if (entry.place == Place::failed) continue;
    ++overview.totals.requests;
    overview.totals.octets += entry.size;
  }
  return overview;
}

std::string format_totals(const Totals& totals, const Position* next, const Alarm& alarm) {
  return "requests=" + std::to_string(totals.requests) +
         " octets=" + std::to_string(totals.octets) +
         (next != nullptr ? " next=" + format_position(*next) : "") +
         (alarm.text.empty()
              ? ""
              : std::string(kAlarm) + format_time(alarm.since) + " " + escaped(alarm.text));
}

Result<End> parse_totals(std::string_view text) {
  std::optional<std::uint64_t> requests, octets;
  std::optional<Position> next;
  const auto end = std::min(text.find(kAlarm), text.size());
  for (const std::string_view word : split(text.substr(0, end), ' ')) {
    const auto [key, value] = key_and_value(word);
    if (key == "requests") requests = parse_number(value);
    if (key == "octets") octets = parse_number(value);
    if (key == "next") next = parse_position(value);
    if (key == "next" && !next) return not_understood(text);
  }
  if (!requests || !octets) return not_understood(text);
  return End{{*requests, *octets}, std::move(next), parse_alarm(text.substr(end))};
}

std::optional<Position> parse_position(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto time = parse_time(text.substr(0, slash));
  const auto id = text.substr(slash + 1);
  if (!time || !is_queue_id(id)) return std::nullopt;
  return Position{*time, std::string(id)};
}

}  // namespace mailchute::queue
