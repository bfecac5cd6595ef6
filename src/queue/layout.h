// SPDX-License-Identifier: GPL-3.0-or-later
// The queue on disk. One message is one file with one name (queue_id.h) and is in exactly one of
// the folders below; format.h says what is in the file.
//
//   folder   mode  owner      holds
//   tmp/     3733  mailchute  files being written by submitters
//   new/     3733  mailchute  complete entries of submitters, not yet adopted; both 0700 where the
//                             drop directory is closed (what is in new/ then is still adopted)
//   cur/     0700  mailchute  entries of the daemon: to be delivered
//   held/    0700  mailchute  entries that wait for an administrator (5yz to MAIL)
//   failed/  0700  mailchute  dead letters: nothing is left to do, but nobody was told of a failure
//   work/    0700  mailchute  the daemon's own half-written files
//   info/    0700  mailchute  attempts, next try and last reply of an entry; may be lost
//   lock     0600  mailchute  held by the daemon (flock) as long as it runs; its pid, for people
//
// The daemon makes what is missing. tmp.fresh and new.fresh exist for a moment while a folder that
// has grown is replaced; what a crash leaves in them is moved on at the next start.
//
// Who moves an entry, and what a crash leaves behind:
//
//   step                                 by         a crash before / after leaves
//   create tmp/ID, write, fsync          submitter  nothing, or tmp/ID: removed after a day
//   rename tmp/ID -> new/ID, fsync       submitter  tmp/ID as above, or new/ID: delivered (exit 0
//                                                   not yet seen by the caller: all or nothing)
//   rename new/ID -> cur/ID (NOREPLACE)  daemon     new/ID or cur/ID: adopted at the next start
//   check cur/ID; what is no entry       daemon     cur/ID unchecked: checked when it is loaded,
//     is removed, what is too large                 and a damaged one goes to failed/ then
//     goes to failed/
//   create work/ID, write, fsync (what   daemon     work/ID: removed at the next start
//     is handed in through a socket)
//   rename work/ID -> cur/ID (NOREPLACE) daemon     work/ID as above, or cur/ID: delivered (the
//     sync of cur/                                  answer not yet given: all or nothing)
//   write work/ID, fsync,                daemon     work/ID: removed at the next start; cur/ID old
//     rename over cur/ID, fsync                     or new, both whole
//   one octet of Status in cur/ID, sync  daemon     the old or the new octet
//   rewrite cur/ID: failed, relayed or   daemon     cur/ID that owes a notification: queued when
//     late, and the id NOTE for the                 cur/ID is loaded, before anything is sent of it
//     notification
//   write work/NOTE, rename -> cur/NOTE  daemon     as above; where cur/NOTE is there already it is
//     as above                                      not written again, and not sent yet
//   Status in cur/ID: told, sync; or     daemon     as above; now cur/NOTE is sent
//     rewrite cur/ID, late: told
//   unlink cur/ID (all delivered)        daemon     cur/ID: sent once more, at most sync_every
//                                                   messages
//   write work/DIG that names originals  daemon     work/DIG: removed; or cur/DIG: as long as it is
//     cur/ID..., rename -> cur/DIG,                 in cur/ or held/ none of these is sent
//     sync
//   Status in cur/DIG: done, sync;       daemon     cur/DIG that is done: its originals are
//     unlink cur/ID..., sync                        unlinked when it is loaded
//   unlink cur/DIG                       daemon     cur/DIG as above, or nothing
//   unlink cur/DIG (failed for all)      daemon     cur/DIG: unlinked when it is loaded; or
//                                                   nothing, and each cur/ID is sent alone
//   unlink failed/ID (dead_letters.h)    daemon     failed/ID, or nothing: logged
//   unlink ID, for an administrator      daemon     ID where it was, or nothing: logged
//   unlink DIG, sync (for him, of what   daemon     DIG as above, or each cur/ID that it names is
//     nobody has got), before anything              sent alone: logged
//     is done to an ID that it names
//   rename cur/ID -> held/ID as it is,   daemon     either, never both
//     for an administrator
//   rename cur/ID -> failed/ID, held/ID  daemon     either, never both; a cur/ID that says already
//                                                   that nothing is to do, or that it is held, is
//                                                   moved when it is loaded
//   write work/ID, fsync, rename over    daemon     held/ID or failed/ID, old or without its
//     held/ID, rename -> cur/ID, sync               failures, and with the envelope that an
//                                                   administrator has given it; or cur/ID
//   the same with all failed, and the    daemon     held/ID or failed/ID, old or failed; or cur/ID
//     id NOTE for the notification                  that owes a notification, as above
//   write info/ID                        daemon     an old info/ID or none: next try at once
#pragma once

namespace mailchute::queue {

inline constexpr char kTmp[] = "tmp";
inline constexpr char kNew[] = "new";
inline constexpr char kCur[] = "cur";
inline constexpr char kHeld[] = "held";
inline constexpr char kFailed[] = "failed";
inline constexpr char kWork[] = "work";
inline constexpr char kInfo[] = "info";
inline constexpr char kLock[] = "lock";

inline constexpr unsigned kDropFolderMode = 03733;  // anyone may add, only the daemon lists
inline constexpr unsigned kPrivateFolderMode = 0700;
inline constexpr unsigned kSubmittedFileMode = 0640;  // the daemon reads through the group
inline constexpr unsigned kOwnFileMode = 0600;

}  // namespace mailchute::queue
