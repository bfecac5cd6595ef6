// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/portion.h"

#include <gtest/gtest.h>

#include "unit/queue/fixture.h"

namespace mailchute::relay {
namespace {

using smtp::Reply;
using smtp::Stage;
using Addresses = std::vector<std::string>;

class PortionTest : public ::testing::Test {
 protected:
  PortionTest() {
    settings.smart_hosts.resize(2);
    settings.smart_hosts[0].name = "a";
    settings.smart_hosts[1].name = "b";
    settings.routes.push_back({{}, {"*@b"}, {"b"}});
  }
  config::SmartHostRoutes routes() const { return config::SmartHostRoutes(settings); }
  Outgoing message(const Addresses& recipients) {
    auto entry = it.queue.load(it.entry(queue::envelope_to(recipients)).id()).value();
    return Outgoing::prepare(std::move(entry), {.hostname = "here.example", .domain = "example"}).value();
  }
  static smtp::TransactionReport report(Stage stage, std::vector<std::optional<Reply>> recipients,
                                        std::optional<Reply> reply = {}) {
    smtp::TransactionReport report;
    report.stage = stage;
    report.recipients = std::move(recipients);
    report.reply = std::move(reply);
    return report;
  }

  queue::QueueFixture it;
  config::Settings settings;
  const Reply ok{250, {"ok"}}, full{452, {"4.5.3 too many"}}, full_disk{452, {"4.3.1 no room"}},
      full_mailbox{552, {"mailbox full"}}, later{450, {"4.2.1 later"}},
      never{550, {"5.1.1 who?"}};
};

TEST_F(PortionTest, HasTheRecipientsOfOneRoute) {
  auto both = message({"1@a", "2@b", "3@a", "4@B"});
  EXPECT_EQ(routes_of(both, routes()), (std::set<std::size_t>{0, 1}));
  reduce(both, routes(), {.route = 0, .tried = {}});
  EXPECT_EQ(both.addresses, (Addresses{"2@b", "4@B"}));
  EXPECT_EQ(both.recipients, (std::vector<std::size_t>{1, 3}));
  EXPECT_FALSE(both.more || both.later_in_round);
  EXPECT_EQ(routes_of(message({"1@a"}), routes()), std::set<std::size_t>{1});
}

TEST_F(PortionTest, HasNoMoreThanTheSmartHostTakesAndLeavesTheOthersForLater) {
  auto some = message({"1@a", "2@a", "3@a"});
  reduce(some, routes(), {.route = 1, .tried = {}, .most = 2});
  EXPECT_EQ(some.addresses, (Addresses{"1@a", "2@a"}));
  EXPECT_TRUE(some.more);
  auto rest = message({"1@a", "2@a", "3@a"});
  reduce(rest, routes(), {.route = 1, .tried = {"1@a", "2@a"}, .most = 2});
  EXPECT_EQ(rest.addresses, Addresses{"3@a"});
  EXPECT_FALSE(rest.more);
  EXPECT_TRUE(rest.later_in_round);
}

TEST_F(PortionTest, ThoseOneTooManyWereNotRefused) {
  auto it_is = message({"1@a", "2@a", "3@a", "4@a"});
  auto said = report(Stage::message, {ok, never, full, full}, ok);
  EXPECT_EQ(leave_out_excess(it_is, said), 1u);
  EXPECT_EQ(it_is.addresses, (Addresses{"1@a", "2@a"}));
  EXPECT_EQ(said.recipients.size(), 2u);
  EXPECT_TRUE(it_is.more && goes_on(said));
}

TEST_F(PortionTest, DataThatIsRefusedForThoseOneTooManyIsNobodysFailure) {
  const Reply excess{552, {"too many recipients"}};
  auto it_is = message({"1@a", "2@a"});
  auto said = report(Stage::data, {ok, excess}, Reply{554, {"Too many recipients"}});
  EXPECT_EQ(leave_out_excess(it_is, said), 1u);
  EXPECT_EQ(said.stage, Stage::rset);
  said = report(Stage::message, {ok, excess}, ok);
  EXPECT_EQ(leave_out_excess(it_is, said), 0u) << "it waits";
  said = report(Stage::data, {ok, never}, Reply{554, {"no"}});
  EXPECT_EQ(leave_out_excess(it_is, said), 0u);
  EXPECT_EQ(said.stage, Stage::data);
}

TEST_F(PortionTest, OnlyASmartHostThatTookSomeHasHadEnough) {
  for (const auto& replies : {std::vector<std::optional<Reply>>{full, full}, {ok, full_disk}, {ok, full_mailbox}, {ok, later}, {full, ok}}) {
    auto whole = message({"1@a", "2@a"});
    auto said = report(Stage::message, replies, ok);
    EXPECT_EQ(leave_out_excess(whole, said), 0u);
    EXPECT_EQ(whole.addresses.size(), 2u);
    EXPECT_EQ(said.recipients.size(), 2u);
    EXPECT_FALSE(whole.more);
  }
}

TEST_F(PortionTest, TheOthersGoOnUnlessTheMessageIsToWait) {
  EXPECT_TRUE(goes_on(report(Stage::rcpt, {later, later})));
  EXPECT_TRUE(goes_on(report(Stage::message, {ok}, ok)));
  EXPECT_TRUE(goes_on(report(Stage::message, {ok}, never)));
  EXPECT_FALSE(goes_on(report(Stage::message, {ok}, later)));
  EXPECT_FALSE(goes_on(report(Stage::data, {ok}, later)));
  EXPECT_FALSE(goes_on(report(Stage::mail, {{}}, later)));
  auto lost = report(Stage::message, {ok});
  lost.error = "connection lost";
  EXPECT_FALSE(goes_on(lost));
}

TEST_F(PortionTest, HasNoMoreDomainsThanTheSmartHostTakes) {
  auto some = message({"1@a", "2@c", "3@A", "4@d", "5@c"});
  reduce(some, routes(), {.route = 1, .tried = {}, .domains = 2});
  EXPECT_EQ(some.addresses, (Addresses{"1@a", "2@c", "3@A", "5@c"}));
  EXPECT_TRUE(some.more);
  auto rest = message({"1@a", "2@c", "3@A", "4@d", "5@c"});
  reduce(rest, routes(), {.route = 1, .tried = {"1@a", "2@c", "3@A", "5@c"}, .domains = 2});
  EXPECT_EQ(rest.addresses, Addresses{"4@d"});
  EXPECT_FALSE(rest.more);
}

TEST_F(PortionTest, ThoseThatAreSentToOnceMoreLeave) {
  auto some = message({"1@a", "2@a", "3@a"});
  auto said = report(Stage::message, {ok, never, later}, ok);
  leave_out(some, said, {0, 2});
  EXPECT_EQ(some.addresses, Addresses{"2@a"});
  EXPECT_EQ(some.recipients, std::vector<std::size_t>{1});
  EXPECT_EQ(said.recipients, std::vector<std::optional<Reply>>{never});
  EXPECT_TRUE(some.more);
}

}  // namespace
}  // namespace mailchute::relay
