// SPDX-License-Identifier: GPL-3.0-or-later
// What must change in a message so that a server takes it: found in a first pass over the text,
// carried out in a second one (mime_converter.h). Parts that need nothing stay as they are; what is
// signed or encrypted always does.
//
//   of a part's body                        where
//   lines over 998 octets, NUL, bare CR     always encoded (RFC 5321, 4.5.3.1.6; RFC 5322, 2.1.1)
//   octets above 127                        encoded unless the server has 8BITMIME (RFC 6152, 3)
//   quoted-printable or base64 that has     mended: the same content in lines of 76
//     one of these
//   multipart, message                      labelled 7bit or 8bit, never encoded (RFC 2045, 6.4)
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "mail/field_mender.h"
#include "mail/folding.h"
#include "mail/mime_scanner.h"

namespace mailchute::mail {

struct MimeTarget {
  bool eight_bit = false;    // RFC 6152
  bool utf8_header = false;  // RFC 6531
  DomainToAscii to_ascii = nullptr;

  // For the fields of the message itself (`outermost`), or of a part of it.
  FieldTarget fields(bool outermost) const;
};

struct PartPlan {
  enum class Body : std::uint8_t {
    as_is,
    quoted_printable,
    base64,
    mended_quoted_printable,
    mended_base64
  };
  enum class Label : std::uint8_t { as_is, seven_bit, eight_bit };
  enum class Charset : std::uint8_t { as_is, us_ascii, utf_8, unknown };
  Body body = Body::as_is;
  Label label = Label::as_is;        // where the body stays as it is
  Charset charset = Charset::as_is;  // to be added
  bool mime_version = false;         // to be added
  bool verbatim = false;             // a multipart without parts: all of it stays as it is
};

struct MimePlan {
  // Why octets above 127 cannot be encoded though they should be.
  enum class Obstacle : std::uint8_t { none, sealed, broken };

  std::vector<PartPlan> parts{};  // in the order in which they come
  bool changes = false;           // there is something to do
  bool eight_bit = false;         // octets above 127 remain
  bool utf8_header = false;       // some of them in the header: SMTPUTF8 is needed
  Obstacle obstacle = Obstacle::none;
};

class MimePlanner : private MimeVisitor {
 public:
  explicit MimePlanner(const MimeTarget& target) : target_(target), scanner_(*this) {}
  MimePlanner(const MimePlanner&) = delete;  // the scanner knows where it is
  MimePlanner& operator=(const MimePlanner&) = delete;

  // Text with LF line ends, cut anywhere.
  void feed(std::string_view text) { scanner_.feed(text); }
  MimePlan finish();

 private:
  // What is seen of text in pieces.
  struct Facts {
    std::uint64_t octets = 0;
    std::uint64_t lines = 0;
    std::uint64_t to_encode = 0;  // octets that quoted-printable encodes
    std::size_t line = 0;         // length of the last one
    bool too_long = false;
    bool eight_bit = false;
    bool never = false;  // NUL or CR: cannot travel at all
    void add(std::string_view text);
  };
  struct Open {
    std::size_t index = 0;
    PartHead head;
    Facts facts;  // of the body; of what is between the parts
    bool has_parts = false;
    bool eight_bit = false;  // remain, also below
    bool encoded = false;    // something was, also below
  };

  void on_part() override;
  void on_field(std::string_view raw) override;
  void on_head(const PartHead& head) override;
  void on_body(std::string_view text) override;
  void on_end() override;
  void on_between(std::string_view text) override;

  void look_for_signature(std::string_view text);
  void plan_leaf(Open& part, PartPlan& plan);
  void plan_container(Open& part, PartPlan& plan);
  void leave_alone(Open& part, MimePlan::Obstacle why);
  void encode(Open& part, PartPlan& plan);
  PartPlan::Charset charset_for(const Open& part) const;

  MimeTarget target_;
  MimePlan plan_;
  std::vector<Open> open_;
  Utf8Checker utf8_;           // of the part being read
  std::size_t signature_ = 0;  // octets of the line that begin an inline signature
  bool signed_inline_ = false;
  bool too_many_ = false;
  bool saw_eight_bit_ = false;
  MimeScanner scanner_;
};

}  // namespace mailchute::mail
