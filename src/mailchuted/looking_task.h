// SPDX-License-Identifier: GPL-3.0-or-later
// What tasks share that look into the queue by way of its index.
#pragma once

#include <string>
#include <string_view>

#include "mailchuted/task.h"
#include "queue/listing.h"

namespace mailchute::mailchuted {

// Waits until the index knows what was in the queue when the question came.
class LookingTask : public Task {
 public:
  explicit LookingTask(Desk& desk) : desk_(desk) {}
  bool step(std::string& answer) final;

 protected:
  virtual bool answer_now(std::string& answer) = 0;
  void look() { look_ = desk_.index.next_look(); }

  Desk& desk_;

 private:
  std::uint64_t look_ = 0;  // none is needed
};

// From what a user writes for an entry to its id: the whole id, or the beginning of it. What he may
// not see is not there for him.
class NamingTask : public LookingTask {
 protected:
  NamingTask(Desk& desk, const Asker& asker) : LookingTask(desk), asker_(asker) {}

  void look_unless_whole(std::string_view word);

  // An administrator's whole id comes back as it is, whether or not there is such an entry.
  Result<std::string> resolve(std::string_view word) const;
  Error none(std::string_view word) const;

  const Asker asker_;

 private:
  bool owns(const std::string& id) const;
};

// What only the daemon knows of an entry.
void complete(queue::Listed& entry, const relay::Delivery& delivery);

}  // namespace mailchute::mailchuted
