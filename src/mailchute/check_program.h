// SPDX-License-Identifier: GPL-3.0-or-later
// Whether the daemon can run a program that the configuration names, and nobody else can change it.
#pragma once

#include <sys/types.h>

#include <string>

namespace mailchute {

// What is wrong with the file or a folder above it, and what to do about that; empty: nothing. The
// program is run as this user, with this group alone.
std::string fault_of_program(const std::string& path, const std::string& user, uid_t uid,
                             gid_t gid);

}  // namespace mailchute
