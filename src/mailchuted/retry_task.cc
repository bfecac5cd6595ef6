// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/retry_task.h"

#include <string>
#include <vector>

#include "base/text.h"
#include "mailchuted/looking_task.h"

namespace mailchute::mailchuted {
namespace {

// Anyone may ask for a queue run, as with sendmail -q; single messages only for who may see them,
// and what is held or failed only for administrators. A line for each that was named, as for acts;
// where nothing was done at all it is an error.
class RetryTask : public NamingTask {
 public:
  RetryTask(Desk& desk, const Asker& asker, std::string_view words) : NamingTask(desk, asker) {
    for (const std::string_view word : split(words, ' ')) {
      if (word != "*") look_unless_whole(word);
      words_.emplace_back(word);
    }
  }

 private:
  bool answer_now(std::string& answer) override {
    if (next_ < words_.size()) {
      const std::string& word = words_[next_++];
      const auto retried = retry(word);
      if (word != "*")
        answer += " " + escaped(word) +
                  (retried ? " done \n" : " refused " + escaped(retried.error().text) + "\n");
      if (!retried) trouble_.append(trouble_.empty() ? "" : "; ").append(retried.error().text);
      return false;
    }
    if (count_ > 0 || trouble_.empty()) answer += "OK messages=" + std::to_string(count_) + "\n";
    else answer = error_line(trouble_);
    if (count_ > 0)
      desk_.log(Event("retried", Severity::notice)
                    .with("by", std::uint64_t{asker_.uid})
                    .with("messages", count_));
    return true;
  }

  Result<> retry(const std::string& word) {
    if (word == "*") {
      count_ += desk_.delivery.retry_all();
      return {};
    }
    const auto id = resolve(word);
    if (!id) return failure(id.error());
    if (!desk_.delivery.retry(*id)) {
      if (!asker_.administrator)
        return failure(Error::Kind::rejected, *id + " waits for an administrator");
      if (auto released = release(*id); !released) return released;
    }
    ++count_;
    return {};
  }

  Result<> release(const std::string& id) const {
    relay::Administration& administration = desk_.delivery.administration();
    const auto outcome = administration.act({relay::Act::Verb::release, asker_.uid}, id);
    auto committed = administration.commit();
    if (outcome.what != relay::Administration::Outcome::What::done)
      return failure(Error::Kind::rejected, id + ": " + outcome.text);
    desk_.delivery.retry(id);
    return committed;
  }

  std::vector<std::string> words_;
  std::size_t next_ = 0;
  std::size_t count_ = 0;
  std::string trouble_;
};

}  // namespace

std::unique_ptr<Task> retry_task(std::string_view words, const Asker& asker, Desk& desk) {
  return std::make_unique<RetryTask>(desk, asker, words);
}

}  // namespace mailchute::mailchuted
