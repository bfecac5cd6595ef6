// SPDX-License-Identifier: GPL-3.0-or-later
// Carries out a plan (mime_plan.h) while the message is read once more: the same text in, the text
// that the server takes out. Memory is bounded; what is not in the plan stays octet for octet.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mail/base64.h"
#include "mail/mime_plan.h"
#include "mail/mime_scanner.h"
#include "mail/quoted_printable.h"

namespace mailchute::mail {

class MimeConverter : private MimeVisitor {
 public:
  // `plan` outlives it, and is for the same target.
  MimeConverter(const MimePlan& plan, const MimeTarget& target)
      : plan_(plan), target_(target), scanner_(*this) {}
  MimeConverter(const MimeConverter&) = delete;  // the scanner knows where it is
  MimeConverter& operator=(const MimeConverter&) = delete;

  // Appends to `out` what can be said so far.
  void convert(std::string_view text, std::string& out);
  // At the end of the message; it ends with a line end.
  void finish(std::string& out);

 private:
  using Encoder = std::variant<std::monostate, QuotedPrintableEncoder, Base64Encoder, Base64Mender>;

  void on_part() override;
  void on_field(std::string_view raw) override;
  void on_head(const PartHead& head) override;
  void on_body(std::string_view text) override;
  void on_end() override;
  void on_between(std::string_view text) override;

  struct Open {
    PartPlan plan;
    std::size_t column = 0;  // of what is between parts
  };
  std::string_view new_encoding() const;
  void write(std::string_view text);

  const MimePlan& plan_;
  MimeTarget target_;
  std::vector<Open> open_;
  std::size_t next_ = 0;       // part
  bool has_encoding_ = false;  // the field was written
  bool has_type_ = false;
  Encoder encoder_;
  std::string* out_ = nullptr;  // while convert() or finish() runs
  char last_ = '\n';
  MimeScanner scanner_;
};

}  // namespace mailchute::mail
