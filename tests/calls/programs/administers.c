// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that administer a machine, most of them refused: keys, bpf, perf events, io_uring, mounts, landlock, quotas,
 * IPC.
 */
#include "rare.h"

#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <linux/quota.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/uio.h>

static void keys(void)
{
	char room[64];
	struct iovec payload[2] = {{"ab", 2}, {"cde", 3}};
	long key = call(SYS_add_key, "user", "tracefs:rare", "payload", 7, KEY_SPEC_PROCESS_KEYRING);

	call(SYS_request_key, "user", "tracefs:rare", "callout", KEY_SPEC_SESSION_KEYRING);
	call(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1);
	call(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "name");
	call(SYS_keyctl, KEYCTL_UPDATE, key, "payload", 7);
	call(SYS_keyctl, KEYCTL_CHOWN, key, -1, -1);
	call(SYS_keyctl, KEYCTL_SETPERM, key, 0x3f3f0000);
	call(SYS_keyctl, KEYCTL_DESCRIBE, key, room, sizeof(room));
	call(SYS_keyctl, KEYCTL_READ, key, room, sizeof(room));
	call(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_PROCESS_KEYRING, "user", "tracefs:rare", 0);
	call(SYS_keyctl, KEYCTL_LINK, key, KEY_SPEC_USER_KEYRING);
	call(SYS_keyctl, KEYCTL_UNLINK, key, KEY_SPEC_USER_SESSION_KEYRING);
	call(SYS_keyctl, KEYCTL_INSTANTIATE, -1, "abc", 3, KEY_SPEC_THREAD_KEYRING);
	call(SYS_keyctl, KEYCTL_NEGATE, -1, 30, KEY_SPEC_THREAD_KEYRING);
	call(SYS_keyctl, KEYCTL_SET_REQKEY_KEYRING, KEY_REQKEY_DEFL_THREAD_KEYRING);
	call(SYS_keyctl, KEYCTL_SET_TIMEOUT, key, 100);
	call(SYS_keyctl, KEYCTL_ASSUME_AUTHORITY, KEY_SPEC_REQKEY_AUTH_KEY);
	call(SYS_keyctl, KEYCTL_GET_SECURITY, key, room, sizeof(room));
	call(SYS_keyctl, KEYCTL_REJECT, -1, 30, 126, KEY_SPEC_THREAD_KEYRING);
	call(SYS_keyctl, KEYCTL_INSTANTIATE_IOV, -1, payload, 2, KEY_SPEC_THREAD_KEYRING);
	call(SYS_keyctl, KEYCTL_GET_PERSISTENT, -1, KEY_SPEC_PROCESS_KEYRING);
	call(SYS_keyctl, KEYCTL_RESTRICT_KEYRING, -1, "asymmetric", "builtin");
	call(SYS_keyctl, KEYCTL_CLEAR, KEY_SPEC_PROCESS_KEYRING);
	call(SYS_keyctl, KEYCTL_REVOKE, key);
	call(SYS_keyctl, KEYCTL_INVALIDATE, key);
}

static void bpf(void)
{
	struct bpf_insn code[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1}, {.code = BPF_JMP | BPF_EXIT}};
	union bpf_attr map = {.map_type = BPF_MAP_TYPE_HASH,
			      .key_size = 4,
			      .value_size = 8,
			      .max_entries = 3,
			      .map_flags = BPF_F_NO_PREALLOC,
			      .map_name = "named"};
	union bpf_attr program = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
				  .insn_cnt = 2,
				  .insns = (uintptr_t)code,
				  .license = (uintptr_t)"GPL",
				  .prog_flags = BPF_F_STRICT_ALIGNMENT,
				  .prog_name = "prog"};
	union bpf_attr element = {
		.map_fd = -1, .key = (uintptr_t)"key!", .value = (uintptr_t)"value...", .flags = BPF_NOEXIST};
	union bpf_attr object = {.pathname = (uintptr_t)"/nowhere/pinned", .bpf_fd = -1};
	union bpf_attr attach = {.target_fd = -1,
				 .attach_bpf_fd = -1,
				 .attach_type = BPF_CGROUP_INET_EGRESS,
				 .attach_flags = BPF_F_ALLOW_MULTI};
	union bpf_attr id = {.start_id = 1};
	char info_room[16];
	union bpf_attr info = {
		.info = {.bpf_fd = (uint32_t)-1, .info_len = sizeof(info_room), .info = (uintptr_t)info_room}};
	union bpf_attr tracepoint = {.raw_tracepoint = {.name = (uintptr_t)"sys_enter", .prog_fd = (uint32_t)-1}};

	call(SYS_bpf, BPF_MAP_CREATE, &map, 48);
	call(SYS_bpf, BPF_PROG_LOAD, &program, 72);
	call(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &element, 32);
	call(SYS_bpf, BPF_MAP_UPDATE_ELEM, &element, 32);
	call(SYS_bpf, BPF_MAP_DELETE_ELEM, &element, 16);
	call(SYS_bpf, BPF_MAP_GET_NEXT_KEY, &element, 24);
	call(SYS_bpf, BPF_OBJ_PIN, &object, 16);
	call(SYS_bpf, BPF_OBJ_GET, &object, 16);
	call(SYS_bpf, BPF_PROG_ATTACH, &attach, 16);
	call(SYS_bpf, BPF_PROG_DETACH, &attach, 16);
	call(SYS_bpf, BPF_PROG_GET_NEXT_ID, &id, 12);
	call(SYS_bpf, BPF_MAP_GET_NEXT_ID, &id, 12);
	call(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &id, 12);
	call(SYS_bpf, BPF_MAP_GET_FD_BY_ID, &id, 12);
	call(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &info, 16);
	call(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &tracepoint, 16);
	call(SYS_bpf, BPF_MAP_FREEZE, &element, 4);
}

static void events(void)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
				       .size = sizeof(attr),
				       .config = PERF_COUNT_SW_PAGE_FAULTS,
				       .sample_period = 7,
				       .sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID,
				       .read_format = PERF_FORMAT_GROUP,
				       .disabled = 1,
				       .inherit = 1,
				       .exclude_kernel = 1,
				       .precise_ip = 2,
				       .mmap = 1,
				       .comm = 1,
				       .task = 1,
				       .wakeup_events = 3};
	long fd = call(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	call(SYS_ioctl, fd, PERF_EVENT_IOC_ENABLE, 0);
	call(SYS_ioctl, fd, PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP);
	attr.type = PERF_TYPE_HARDWARE;
	attr.config = PERF_COUNT_HW_INSTRUCTIONS;
	attr.freq = 1;
	call(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_NO_GROUP | PERF_FLAG_PID_CGROUP);
	attr.type = PERF_TYPE_HW_CACHE;
	attr.config = PERF_COUNT_HW_CACHE_LL | PERF_COUNT_HW_CACHE_OP_READ << 8 | PERF_COUNT_HW_CACHE_RESULT_MISS << 16;
	call(SYS_perf_event_open, &attr, -1, 0, -1, 0);
	attr.type = PERF_TYPE_BREAKPOINT;
	attr.bp_type = 3;
	attr.bp_addr = 0x1000;
	attr.bp_len = 4;
	call(SYS_perf_event_open, &attr, -1, 0, -1, 0);
	attr.size = 64;
	call(SYS_perf_event_open, &attr, -1, 0, -1, 0);
}

static void rings(void)
{
	struct io_uring_params params = {.flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP, .cq_entries = 8};
	struct iovec buffer = {"abc", 3};
	int files[2] = {0, 1};
	aio_context_t context = 0;
	struct iocb write = {.aio_data = 7,
			     .aio_lio_opcode = IOCB_CMD_PWRITE,
			     .aio_fildes = 0,
			     .aio_buf = (uintptr_t)"abc",
			     .aio_nbytes = 3};
	struct iocb *all[] = {&write};
	struct io_event done[1];
	struct timespec none = {0, 0};
	long fd = call(SYS_io_uring_setup, 4, &params);

	call(SYS_io_uring_register, fd, IORING_REGISTER_BUFFERS, &buffer, 1);
	call(SYS_io_uring_register, fd, IORING_REGISTER_FILES, files, 2);
	call(SYS_io_uring_register, fd, IORING_UNREGISTER_FILES, 0, 0);
	call(SYS_io_uring_register, fd, IORING_REGISTER_EVENTFD, files, 1);
	call(SYS_io_uring_enter, fd, 0, 0, IORING_ENTER_GETEVENTS, 0, 8);
	call(SYS_io_setup, 1, &context);
	call(SYS_io_submit, context, 1, all);
	call(SYS_io_getevents, context, 0, 1, done, &none);
	call(SYS_io_cancel, context, &write, done);
	call(SYS_io_destroy, context);
}

static void mounts(void)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME,
				  .attr_clr = MOUNT_ATTR_NOSUID,
				  .propagation = 1 << 18,
				  .userns_fd = 3};
	struct landlock_ruleset_attr rules = {.handled_access_fs =
						      LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE};
	struct landlock_path_beneath_attr path = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE, .parent_fd = -1};
	long fd;

	call(SYS_mount, "none", "/nowhere", "tmpfs", 0xf | 1 << 24, "size=1k");
	call(SYS_mount, "/a", "/nowhere", 0, 0xc0ed0000 | 4096, 0);
	call(SYS_umount2, "/nowhere", 0xf);
	call(SYS_open_tree, AT_FDCWD, "/nowhere", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	call(SYS_move_mount, -1, "", AT_FDCWD, "/nowhere", MOVE_MOUNT_F_EMPTY_PATH);
	call(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
	call(SYS_fsconfig, -1, FSCONFIG_SET_STRING, "source", "none", 0);
	call(SYS_fsconfig, -1, FSCONFIG_SET_FLAG, "ro", 0, 0);
	call(SYS_fsconfig, -1, FSCONFIG_SET_BINARY, "blob", "abc", 3);
	call(SYS_fsconfig, -1, FSCONFIG_SET_PATH, "path", "/nowhere", AT_FDCWD);
	call(SYS_fsconfig, -1, FSCONFIG_SET_FD, "fd", 0, 3);
	call(SYS_fsconfig, -1, FSCONFIG_CMD_CREATE, 0, 0, 0);
	call(SYS_fsmount, -1, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV | MOUNT_ATTR_STRICTATIME);
	call(SYS_fspick, AT_FDCWD, "/nowhere", FSPICK_CLOEXEC | FSPICK_NO_AUTOMOUNT);
	call(SYS_mount_setattr, AT_FDCWD, "/nowhere", AT_RECURSIVE | AT_SYMLINK_NOFOLLOW, &attr, sizeof(attr));
	call(SYS_pivot_root, "/nowhere", "/nowhere/old");
	call(SYS_swapon, "/nowhere", 0x8000 | 0x10000 | 5);
	call(SYS_landlock_create_ruleset, 0, 0, LANDLOCK_CREATE_RULESET_VERSION);
	fd = call(SYS_landlock_create_ruleset, &rules, 8, 0);
	call(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &path, 0);
	call(SYS_landlock_restrict_self, -1, 0);
}

static void quotas(void)
{
	struct if_dqblk block = {.dqb_bhardlimit = 1, .dqb_valid = QIF_BLIMITS | QIF_SPACE};
	struct if_dqinfo info = {.dqi_bgrace = 1, .dqi_igrace = 2, .dqi_flags = 1, .dqi_valid = 7};

	call(SYS_quotactl, QCMD(Q_QUOTAON, USRQUOTA), "/dev/nowhere", 2, "/nowhere/quota");
	call(SYS_quotactl, QCMD(Q_QUOTAOFF, GRPQUOTA), "/dev/nowhere", 0, 0);
	call(SYS_quotactl, QCMD(Q_SETQUOTA, USRQUOTA), "/dev/nowhere", 1000, &block);
	call(SYS_quotactl, QCMD(Q_GETQUOTA, PRJQUOTA), "/dev/nowhere", 1000, &block);
	call(SYS_quotactl, QCMD(Q_SETINFO, USRQUOTA), "/dev/nowhere", 0, &info);
	call(SYS_quotactl, QCMD(Q_SYNC, GRPQUOTA), "/dev/nowhere", 0, 0);
}

static void ipc(void)
{
	struct {
		long type;
		char text[6];
	} message = {1, "hello"};
	struct sembuf operation = {0, 1, SEM_UNDO};
	struct shmid_ds segment;
	struct msqid_ds queue;
	struct semid_ds set;
	unsigned short values[2] = {3, 4};
	long id = call(SYS_msgget, IPC_PRIVATE, IPC_CREAT | 0600);

	call(SYS_msgsnd, id, &message, 6, IPC_NOWAIT);
	call(SYS_msgctl, id, IPC_STAT, &queue);
	call(SYS_msgctl, id, IPC_SET, &queue);
	call(SYS_msgrcv, id, &message, 6, 0, IPC_NOWAIT | MSG_NOERROR);
	call(SYS_msgrcv, id, &message, 6, -3, IPC_NOWAIT);
	call(SYS_msgctl, id, IPC_RMID, 0);
	id = call(SYS_semget, IPC_PRIVATE, 2, IPC_CREAT | IPC_EXCL | 0600);
	call(SYS_semop, id, &operation, 1);
	call(SYS_semctl, id, 0, SETALL, values);
	call(SYS_semctl, id, 0, GETVAL, 0);
	call(SYS_semctl, id, 1, SETVAL, 5);
	call(SYS_semctl, id, 0, IPC_STAT, &set);
	call(SYS_semctl, id, 0, IPC_RMID, 0);
	id = call(SYS_shmget, IPC_PRIVATE, 4096, IPC_CREAT | SHM_NORESERVE | 0600);
	call(SYS_shmctl, id, IPC_STAT, &segment);
	call(SYS_shmctl, id, IPC_SET, &segment);
	call(SYS_shmat, id, 0, SHM_RDONLY);
	call(SYS_shmctl, id, IPC_RMID, 0);
}

int main(void)
{
	become_nobody();
	keys();
	bpf();
	events();
	rings();
	mounts();
	quotas();
	ipc();
	return 0;
}
