// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/json.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "mail/envelope_words.h"
#include "mailchute/status.h"
#include "mailchute/words.h"

namespace mailchute {
namespace {

using Json = nlohmann::ordered_json;
using queue::RecipientStatus;

std::string dumped(const Json& json, int indent) {
  return json.dump(indent, ' ', true, Json::error_handler_t::replace);
}

Json time_or_null(Time time) { return time == Time() ? Json(nullptr) : Json(iso_time(time)); }

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json age_in_seconds(Time since, Time now) {
  return std::max<Seconds::rep>(std::chrono::floor<Seconds>(now - since).count(), 0);
}

const char* name_of(RecipientStatus status) {
  switch (status) {
    case RecipientStatus::to_do: return "to_do";
    case RecipientStatus::possibly_delivered: return "possibly_delivered";
    case RecipientStatus::done: return "done";
    case RecipientStatus::failed: return "failed";
    case RecipientStatus::relayed: return "relayed";
  }
  return "to_do";
}

Json object_of(const queue::Listed& entry, Time now) {
  Json recipients = Json::array();
  for (const auto& [address, status, reply] : entry.recipients) {
    recipients.push_back(
        {{"address", address}, {"status", name_of(status)}, {"reply", text_or_null(reply)}});
  }
  return {{"id", entry.id},
          {"state", queue::name_of(entry.place)},
          {"arrived", iso_time(entry.time)},
          {"age_seconds", age_in_seconds(entry.time, now)},
          {"size", entry.size},
          {"uid", entry.uid},
          {"sender", entry.sender},
          {"recipients", std::move(recipients)},
          {"attempts", entry.info.attempts},
          {"last_attempt", time_or_null(entry.info.last_attempt)},
          {"next_try", time_or_null(entry.info.next_try)},
          {"reason", text_or_null(entry.info.reason)}};
}

const char* name_of(mail::Route::End end) {
  switch (end) {
    case mail::Route::End::sent: return "sent";
    case mail::Route::End::nowhere: return "nowhere";
    case mail::Route::End::refused: return "refused";
    case mail::Route::End::unusable: return "kept";
  }
  return "";
}

Json notify_array(const mail::Notify& notify) {
  Json array = Json::array();
  const std::string words = mail::notify_words(notify);
  if (words.empty()) return array;
  for (const auto word : split(words, ',')) array.push_back(word);
  return array;
}

void add_envelope(Json& object, const mail::Envelope& envelope) {
  for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
    object["recipients"][i]["notify"] = notify_array(envelope.recipients[i].notify);
    object["recipients"][i]["original"] = text_or_null(envelope.recipients[i].original);
  }
  object["envelope"] = {{"uid", envelope.uid},
                        {"body", text_or_null(std::string(mail::body_word(envelope.body)))},
                        {"return", text_or_null(std::string(mail::return_word(envelope.ret)))},
                        {"envelope_id", text_or_null(envelope.envelope_id)},
                        {"waits_for_queue_run", envelope.wait_for_queue_run}};
}

Json time_or_null(const std::optional<Time>& at) {
  return at ? Json(iso_time(*at)) : Json(nullptr);
}

Json object_of(const SmartHostReport& host) {
  return {{"name", host.smart_host},
          {"state", host.state},
          {"paused_until", time_or_null(host.paused_until)},
          {"trouble_since", time_or_null(host.trouble_since)},
          {"last_error", text_or_null(host.last_error)},
          {"connections", host.connections}};
}

}  // namespace

std::string json_of(const queue::Listed& entry, Time now) {
  return dumped(object_of(entry, now), -1);
}

std::string json_of(const config::Explanation& explanation) {
  Json steps = Json::array();
  for (const mail::RouteStep& step : explanation.route.steps)
    steps.push_back({{"depth", step.depth}, {"text", mail::describe(step)}});
  Json ways = Json::array();
  for (const config::Explanation::Way& way : explanation.ways) {
    Json hosts = Json::array();
    for (const auto& host : way.hosts)
      hosts.push_back({{"smart_host", host.smart_host}, {"sent_as", host.sent_as}});
    ways.push_back({{"addresses", way.addresses}, {"smart_hosts", std::move(hosts)}});
  }
  return dumped(Json{{"address", explanation.address},
                     {"outcome", name_of(explanation.route.end)},
                     {"addresses", explanation.route.addresses},
                     {"reason", text_or_null(explanation.route.reason)},
                     {"steps", std::move(steps)},
                     {"sender", explanation.reverse_path},
                     {"ways", std::move(ways)}},
                -1);
}

// A line for each entry: there may be very many.
std::string json_of(const ActReport& report) {
  std::string text = "{\"action\": " + dumped(report.action, -1) + ", \"entries\": [";
  const char* before = "\n  ";
  for (const std::string& entry : report.entries) text += std::exchange(before, ",\n  ") + entry;
  text += report.entries.empty() ? "]" : "\n]";
  for (const auto& [name, number] : report.numbers)
    text += ", " + dumped(name, -1) + ": " + std::to_string(number);
  return text + "}\n";
}

std::string json_of(const queue::Acted& acted, std::optional<std::uint64_t> size) {
  constexpr const char* kOutcomes[] = {"done", "later", "refused"};
  return dumped(Json{{"id", acted.id},
                     {"outcome", kOutcomes[static_cast<std::size_t>(acted.what)]},
                     {"reason", text_or_null(acted.text)},
                     {"size", size ? Json(*size) : Json(nullptr)}},
                -1);
}

std::string json_of(const queue::Details& details, Time now) {
  Json object = object_of(details.listed, now);
  object["user"] = user_name(details.listed.uid);
  object["path"] = details.path;
  object["damaged"] = !details.envelope;
  if (details.envelope) add_envelope(object, *details.envelope);
  object["header"] = {{"from", text_or_null(details.from)},
                      {"subject", text_or_null(details.subject)},
                      {"message_id", text_or_null(details.message_id)}};
  return dumped(object, 2) + "\n";
}

std::string json_of(const StatusReport& report, Time now) {
  Json each = Json::array();
  for (const SmartHostReport& host : report.smart_hosts()) each.push_back(object_of(host));
  Json alarm = nullptr;
  if (!report.alarm.empty())
    alarm = {{"since", time_or_null(report.alarm_since)}, {"text", report.alarm}};
  const Json object = {{"alarm", std::move(alarm)},
                       {"problems", report.problems},
                       {"smart_host", object_of(report)},
                       {"smart_hosts", std::move(each)},
                       {"queue",
                        {{"directory", report.queue_directory},
                         {"incoming", report.incoming},
                         {"waiting", report.waiting},
                         {"in_flight", report.in_flight},
                         {"held", report.held},
                         {"failed", report.failed},
                         {"lost_notifications", report.lost_notifications},
                         {"octets", report.octets},
                         {"free", report.free ? Json(*report.free) : Json(nullptr)},
                         {"oldest", time_or_null(report.oldest)},
                         {"oldest_age_seconds",
                          report.oldest ? age_in_seconds(*report.oldest, now) : Json(nullptr)}}},
                       {"delivered", report.delivered},
                       {"counts", report.counts},
                       {"listener",
                        {{"addresses", text_or_null(report.listener)},
                         {"trouble", text_or_null(report.listener_trouble)},
                         {"clients", report.listener_clients}}},
                       {"daemon",
                        {{"pid", report.pid},
                         {"version", report.version},
                         {"configuration", report.configuration},
                         {"started", time_or_null(report.started)}}}};
  return dumped(object, 2) + "\n";
}

}  // namespace mailchute
