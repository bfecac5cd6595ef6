// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/content_type.h"

#include <gtest/gtest.h>

namespace mailchute::mail {
namespace {

TEST(ContentType, IsReadAsMailReadersDo) {
  const struct {
    std::string_view body, type, subtype, boundary;
    bool charset;
  } cases[] = {
      {" text/plain", "text", "plain", "", false},
      {" TEXT/Html; Charset=utf-8", "text", "html", "", true},
      {" text/plain; charset*0=utf-8", "text", "plain", "", true},
      {" (a (b)) text (c)/ plain (d); charset = \"x\" (e)", "text", "plain", "", true},
      {" multipart/mixed; boundary=abc", "multipart", "mixed", "abc", false},
      {" multipart/mixed;\n\tboundary=\"a b ; c \"", "multipart", "mixed", "a b ; c", false},
      {" multipart/mixed; boundary=\"a\\\"b\"; boundary=c", "multipart", "mixed", "a\"b", false},
      {" multipart/mixed; boundary=----=_Part_1/2?x", "multipart", "mixed", "----=_Part_1/2?x", false},
      {" multipart/mixed; x; ;=y; boundary=\"a", "multipart", "mixed", "a", false},
      {" multipart/mixed boundary=a", "multipart", "mixed", "a", false},
      {" text", "", "", "", false},
      {" text/", "", "", "", false},
      {" /plain", "", "", "", false},
      {"", "", "", "", false},
  };
  for (const auto& c : cases) {
    const ContentType found = parse_content_type(c.body);
    EXPECT_EQ(found.type, c.type) << c.body;
    EXPECT_EQ(found.subtype, c.subtype) << c.body;
    EXPECT_EQ(found.boundary, c.boundary) << c.body;
    EXPECT_EQ(found.has_charset, c.charset) << c.body;
  }
}

TEST(TransferEncoding, IsTheFirstWord) {
  EXPECT_EQ(parse_transfer_encoding(" 7BIT"), "7bit");
  EXPECT_EQ(parse_transfer_encoding("Quoted-Printable (really)"), "quoted-printable");
  EXPECT_EQ(parse_transfer_encoding(" (x) base64; y"), "base64");
  EXPECT_EQ(parse_transfer_encoding(""), "");
}

TEST(Parameters, SayWhereTheyStand) {
  const std::string_view body = " attachment; filename=\"a b\"; size = 7";
  const auto parameters = parse_parameters(body, 11);
  ASSERT_EQ(parameters.size(), 2u);
  EXPECT_EQ(body.substr(parameters[0].begin, parameters[0].end - parameters[0].begin), "filename=\"a b\"");
  EXPECT_EQ(parameters[0].value, "a b");
  EXPECT_EQ(parameters[1].name, "size");
  EXPECT_EQ(parameters[1].value, "7");
}

}  // namespace
}  // namespace mailchute::mail
