// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/check_program.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/temporary_folder.h"

namespace mailchute {
namespace {

class CheckProgram : public ::testing::Test {
 protected:
  CheckProgram() {
    ::chmod(folder.path().c_str(), 0755);
    support::write_file(program, "#!/bin/sh\n");
    ::chmod(program.c_str(), 0755);
  }
  // For somebody whose the file is not, who has another group.
  std::string fault(const std::string& path) const { return fault_of_program(path, "them", ::geteuid() + 1, ::getegid() + 1); }
  std::string fault() const { return fault(program); }

  support::TemporaryFolder folder;
  std::string program = folder / "page";
};

TEST_F(CheckProgram, FindsNothingWhereAllIsWell) { EXPECT_EQ(fault(), ""); }

TEST_F(CheckProgram, AProgramMustBeThere) {
  EXPECT_EQ(fault(folder / "none"), "look at " + (folder / "none") + ": No such file or directory; write the path of a program that is there");
  EXPECT_EQ(fault(folder.path()), folder.path() + ": no program; write the path of one, and its arguments behind it");
}

TEST_F(CheckProgram, TheUserMustBeAbleToRunIt) {
  ::chmod(program.c_str(), 0750);
  EXPECT_EQ(fault(), program + ": user them cannot run it; chmod a+x " + program);
  EXPECT_EQ(fault_of_program(program, "me", ::geteuid(), ::getegid()), "");
  EXPECT_EQ(fault_of_program(program, "them", ::geteuid() + 1, ::getegid()), "") << "as one of the group";
  ::chmod(program.c_str(), 0644);
  EXPECT_NE(fault_of_program(program, "root", 0, 0), "");
}

TEST_F(CheckProgram, TheUserMustBeAbleToGetThere) {
  ::chmod(folder.path().c_str(), 0700);
  EXPECT_EQ(fault(), folder.path() + ": user them cannot enter it; chmod a+x " + folder.path());
}

TEST_F(CheckProgram, NobodyElseMustBeAbleToChangeIt) {
  ::chmod(program.c_str(), 0757);
  EXPECT_EQ(fault(), program + ": everybody can change it; chmod o-w " + program);
  ::chmod(program.c_str(), 0755);
  ::chmod(folder.path().c_str(), 0777);
  EXPECT_EQ(fault(), folder.path() + ": everybody can change it; chmod o-w " + folder.path());
  ::chmod(folder.path().c_str(), 01777);
  EXPECT_EQ(fault(), "") << "sticky, as /tmp";
}

}  // namespace
}  // namespace mailchute
