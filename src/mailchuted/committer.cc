// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/committer.h"

#include <algorithm>
#include <vector>

namespace mailchute::mailchuted {
namespace {

// Then whatever else there is to do gets its turn.
constexpr std::size_t kAtOnce = 32;

Result<> unwanted() { return failure(Error::Kind::temporary, "nobody waits for the answer"); }

}  // namespace

void Committer::add(Client& client) {
  waiting_.push_back(&client);
  if (waiting_.size() == 1) loop_.post([this] { commit(); });
}

void Committer::remove(const Client& client) { std::erase(waiting_, &client); }

// The files all at once, then their names in cur/, and then everybody is told.
void Committer::commit() {
  const auto end =
      std::next(waiting_.begin(), static_cast<std::ptrdiff_t>(std::min(kAtOnce, waiting_.size())));
  const std::vector<Client*> clients(waiting_.begin(), end);
  waiting_.erase(waiting_.begin(), end);
  if (!waiting_.empty()) loop_.post([this] { commit(); });
  const auto results = make_durable(clients);
  for (std::size_t i = 0; i < clients.size(); ++i) clients[i]->on_committed(results[i]);
}

std::vector<Result<>> Committer::make_durable(const std::vector<Client*>& clients) {
  std::vector<queue::OwnEntryWriter*> entries;
  for (Client* client : clients) entries.push_back(&client->entry());
  auto results = queue::sync_together(entries);
  bool named = false;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    if (!results[i]) continue;
    results[i] = clients[i]->still_wanted() ? queue_.commit(*entries[i]) : unwanted();
    named = named || results[i];
  }
  const auto synced = named ? queue_.sync() : Result<>();
  for (std::size_t i = 0; !synced && i < clients.size(); ++i) {
    if (!results[i]) continue;
    queue_.take_back(*entries[i]);
    results[i] = synced;
  }
  return results;
}

}  // namespace mailchute::mailchuted
