// SPDX-License-Identifier: GPL-3.0-or-later
// With the daemon down: export reads the folders, import says so.
#include <gtest/gtest.h>

#include "mailchute/queue_export.h"
#include "mailchute/queue_import.h"
#include "unit/mailchute/command_fixture.h"

namespace mailchute {
namespace {

class QueueExport : public CommandTest {
 protected:
  ExportOptions to_folder(std::vector<std::string> ids = {}) {
    ExportOptions options;
    options.selection.all = ids.empty();
    options.selection.ids = std::move(ids);
    options.folder = run / "exported";
    return options;
  }
  int import_of(const std::string& file, ImportOptions options = {}) {
    options.files = {file};
    return told([&] { return import_messages(config, options); });
  }
  std::string digest_of(const std::string& original) {
    auto writer = it.queue.create(queue::new_queue_id(), queue::kStranger).value();
    EXPECT_TRUE(writer.begin(queue::envelope_to({"a@b"}), {original}) && writer.write(queue::kMessage) &&
                writer.finish() && it.queue.commit(writer) && it.queue.sync());
    return writer.id();
  }
};

TEST_F(QueueExport, AFileIsAsTheEntryLies) {
  const auto id = it.entry(queue::envelope_to({"a@b"})).id();
  EXPECT_EQ(told([&] { return export_messages(config, to_folder()); }), 0) << err;
  EXPECT_EQ(out, "exported 1 message (36 octets)\n");
  EXPECT_EQ(support::file_content(run / "exported" + "/" + id + ".entry"), support::file_content(it.in(queue::kCur, id)));
  EXPECT_NE(told([&] { return export_messages(config, to_folder()); }), 0) << "nothing is overwritten";
  EXPECT_TRUE(it.has(queue::kCur, id));
}

TEST_F(QueueExport, OnlyTheMessageWhereThatIsWanted) {
  const auto id = it.entry(queue::envelope_to({"a@b"})).id();
  auto options = to_folder({id});
  options.message_only = true;
  EXPECT_EQ(told([&] { return export_messages(config, options); }), 0) << err;
  EXPECT_EQ(support::file_content(run / "exported" + "/" + id + ".eml"), queue::kMessage);
}

TEST_F(QueueExport, ManyAreSyncedTogetherAndEachIsThereOnce) {
  constexpr std::size_t kMany = 130;
  for (std::size_t i = 0; i < kMany; ++i) ASSERT_NE(it.submit(queue::envelope_to({"a@b"})), "");
  ExportOptions in_maildir = to_folder();
  in_maildir.folder.clear();
  in_maildir.maildir = run / "maildir";
  for (const auto& options : {to_folder(), in_maildir}) {
    EXPECT_EQ(told([&] { return export_messages(config, options); }), 0) << err;
    EXPECT_EQ(out.find("exported 130 messages ("), 0u) << out;
  }
  EXPECT_EQ(support::count_names(run / "exported"), kMany);
  EXPECT_EQ(support::count_names(run / "maildir/new"), kMany);
  EXPECT_EQ(support::count_names(run / "maildir/tmp"), 0u);
}

TEST_F(QueueExport, WhatIsDamagedLeavesNoFile) {
  const auto id = it.entry(queue::envelope_to({"a@b"})).id();
  const std::string file = it.in(queue::kCur, id);
  std::string octets = support::file_content(file);
  octets.back() = '!';
  support::write_file(file, octets);
  EXPECT_EQ(told([&] { return export_messages(config, to_folder()); }), 65);
  EXPECT_NE(err.find(id + ": damaged"), std::string::npos) << err;
  EXPECT_FALSE(std::filesystem::exists(run / "exported" + "/" + id + ".entry"));
}

TEST_F(QueueExport, ADigestAndItsOriginalsAreExportedAndTheDigestIsNotImported) {
  const auto original = it.entry(queue::envelope_to({"a@b"})).id(), digest = digest_of(original);
  EXPECT_EQ(told([&] { return export_messages(config, to_folder()); }), 0) << err;
  EXPECT_EQ(out, "exported 2 messages (72 octets)\n");
  EXPECT_EQ(import_of(run / "exported" + "/" + digest + ".entry"), 65);
  EXPECT_NE(err.find("is a digest; import the messages that it stands for"), std::string::npos) << err;
  EXPECT_NE(import_of(run / "exported" + "/" + original + ".entry"), 0);
  EXPECT_NE(err.find("is mailchuted running?"), std::string::npos) << err;
}

TEST_F(QueueExport, WhoHasTheMessageAndIsYetToBeToldOfDoesNotGetItTwice) {
  mail::Envelope envelope = queue::envelope_to({"a@b"});
  envelope.recipients[0].notify.success = true;
  queue::Entry entry = it.entry(envelope);
  const queue::Outcome taken[] = {{0, queue::RecipientStatus::relayed, "250 taken"}};
  ASSERT_TRUE(it.queue.record(entry, taken) && it.queue.sync());
  EXPECT_EQ(told([&] { return export_messages(config, to_folder()); }), 0) << err;
  EXPECT_EQ(import_of(run / "exported" + "/" + entry.id() + ".entry"), 65);
  EXPECT_NE(err.find("all of its recipients have been served"), std::string::npos) << err;
}

TEST_F(QueueExport, ImportWantsAnEnvelopeOnce) {
  const std::string message = run / "message", entry = run / "entry";
  support::write_file(message, "Subject: x\n\ny\n");
  support::write_file(entry, queue::entry_octets(queue::envelope_to({"a@b"}), queue::kMessage));
  EXPECT_EQ(import_of(message), 64) << "it has none";
  ImportOptions options;
  options.recipients = {"c@d"};
  EXPECT_EQ(import_of(entry, options), 64) << "it has its own";
  EXPECT_EQ(out, "imported 0 messages\n");
  EXPECT_NE(import_of(run / "nothing"), 0);
  EXPECT_EQ(complaints(), 1) << err;
}

}  // namespace
}  // namespace mailchute
